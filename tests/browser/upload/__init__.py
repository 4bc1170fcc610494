"""Choosing and sending files."""
