"""What the calls read and answer."""
