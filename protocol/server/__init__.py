"""The HTTP server of master and slave: limits, timeouts, access control, uploads, JSON errors."""
