"""Measures speed and memory of the running system, as ratios within one run (``make bench``)."""
