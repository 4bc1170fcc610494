"""Tests of the ledger, the uploads and the results on disk."""
