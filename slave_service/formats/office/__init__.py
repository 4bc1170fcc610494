"""PowerPoint, Excel and OpenDocument files: text, tables, notes and comments."""
