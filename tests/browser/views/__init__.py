"""The views of the cluster, of jobs and of results."""
