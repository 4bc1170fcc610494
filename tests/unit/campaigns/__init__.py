"""The tools of the chaos and hostile campaigns."""
