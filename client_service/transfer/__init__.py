"""Upload of files to the master, and download of results to disk."""
