"""The slaves as the master sees them: the registry, heartbeats, and the transport to each."""
