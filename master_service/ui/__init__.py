"""The web page of the master, and its login."""
