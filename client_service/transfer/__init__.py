"""Files on their way to the master, and results on their way back to disk."""
