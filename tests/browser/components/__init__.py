"""The parts that several views share."""
