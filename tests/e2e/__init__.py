"""Whole stories with real processes: killed slaves, bad files, clashing names."""
