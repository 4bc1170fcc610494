"""What all programs share, module by module."""
