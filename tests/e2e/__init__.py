"""Scenarios with real processes: killed slaves, invalid files, clashing names."""
