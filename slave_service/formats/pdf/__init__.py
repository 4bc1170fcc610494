"""PDF files: their text, their outline, and what of them was not read."""
