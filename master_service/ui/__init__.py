"""The web page: what a person sees of the master in a browser, and the login before it."""
