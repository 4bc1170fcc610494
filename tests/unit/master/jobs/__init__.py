"""Jobs, the ledger and the results on disk."""
