"""Readers of file formats: pictures, sounds, text encodings, PDF and DOCX."""
