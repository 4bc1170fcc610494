"""Results as they are rendered, compared with the files that were processed."""
