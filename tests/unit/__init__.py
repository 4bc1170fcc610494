"""Each module by itself, without processes or sockets where it needs none."""
