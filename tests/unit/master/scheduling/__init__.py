"""The scheduler's decisions, played without sockets, threads and clocks."""
