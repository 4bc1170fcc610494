"""The master, without slaves."""
