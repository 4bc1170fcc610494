"""DOCX files: the package, styles, text, and what of them was not read."""
