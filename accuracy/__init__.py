"""Measures how right the results are, against truth that the project did not compute itself."""
