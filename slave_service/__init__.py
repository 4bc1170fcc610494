"""One slave: takes files over HTTP, has worker processes work on them, answers with the results."""
