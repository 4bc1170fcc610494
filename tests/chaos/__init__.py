"""Seeded random troubles for a cluster of real processes: ``python -m tests.chaos``."""
