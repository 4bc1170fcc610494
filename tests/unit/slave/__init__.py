"""The slave and its processors, without a network."""
