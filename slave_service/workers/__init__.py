"""The worker processes of a slave: the pool, each worker's life, its sandbox and its end."""
