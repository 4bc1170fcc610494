"""The master's side of the slaves: registry, heartbeat monitor and HTTP transport."""
