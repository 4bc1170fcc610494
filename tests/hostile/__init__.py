"""A hostile corpus, made by seeded code, for a real cluster: ``python -m tests.hostile``."""
