"""Jobs from request to results: the service, the runner, and all that the master keeps on disk."""
