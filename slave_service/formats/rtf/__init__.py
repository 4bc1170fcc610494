"""RTF: text without control words."""
