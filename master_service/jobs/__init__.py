"""Jobs from request to results: accepted, queued, run, recorded."""
