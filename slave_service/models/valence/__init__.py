"""Scores English sentences with VADER, after rules for negations and idioms that it gets wrong."""
