"""The client of the master's job API: requests, retries, and validation of responses."""
