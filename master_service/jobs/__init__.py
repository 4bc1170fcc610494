"""Jobs from request to results, and everything that the master stores on disk."""
