"""Sends generated malicious and damaged files to a real cluster: ``python -m tests.hostile``."""
