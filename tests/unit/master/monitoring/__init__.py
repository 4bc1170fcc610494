"""Counts, rates and throughput."""
