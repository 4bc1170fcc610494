"""Plain texts with a structure: tables with delimiters, and Markdown."""
