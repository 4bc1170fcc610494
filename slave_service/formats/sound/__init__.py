"""Measures sounds and decodes those that libsndfile can't read."""
