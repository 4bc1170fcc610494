"""DOCX files: package, styles, text, and warnings about unread parts."""
