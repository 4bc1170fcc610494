"""Power cuts: everything that the master has not synced to disk is thrown away, at any moment."""
