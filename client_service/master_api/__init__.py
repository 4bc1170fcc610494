"""The master's job API as the client calls it: requests, retries, and checked answers."""
