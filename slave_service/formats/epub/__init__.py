"""EPUB books: the text of their chapters."""
