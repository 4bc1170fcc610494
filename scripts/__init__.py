"""Programs for those who work on the cluster: they make samples, show it and check it."""
