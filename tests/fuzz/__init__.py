"""Asks a master everything that its description allows, and much that it does not."""
