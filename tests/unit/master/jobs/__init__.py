"""Tests of jobs, the ledger and the results on disk."""
