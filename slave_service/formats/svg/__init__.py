"""SVG: its content without references to other files, and drawing it."""
