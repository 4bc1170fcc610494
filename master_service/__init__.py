"""The master: accepts files, distributes them to slaves and saves their results."""
