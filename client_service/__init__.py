"""The command line: sends files to a master as jobs, follows them, downloads the results."""
