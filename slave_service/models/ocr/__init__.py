"""Reads the text of a page in a picture, whichever way the page lies and is lit."""
