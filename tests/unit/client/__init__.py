"""The client, without a master."""
