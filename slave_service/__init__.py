"""One slave: receives files over HTTP, processes them in worker processes, returns the results."""
