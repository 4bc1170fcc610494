"""The registry, the heartbeat monitor and the transport."""
