"""Finds speech in a sound and writes it down."""
