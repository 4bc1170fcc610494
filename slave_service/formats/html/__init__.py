"""HTML: encoding, and text without tags."""
