"""PDF files: text, outline, and warnings about unread content."""
