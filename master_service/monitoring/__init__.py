"""Measurements of the running master: metrics, slave activity, throughput, free disk space."""
