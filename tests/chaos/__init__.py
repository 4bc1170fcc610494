"""Seeded random faults injected into a cluster of real processes: ``python -m tests.chaos``."""
