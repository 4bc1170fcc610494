"""The HTTP server: what it reads, refuses and waits for."""
