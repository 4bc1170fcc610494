"""What the processors read files with: pictures, sounds, text encodings, PDF and DOCX."""
