"""Measurements of the running master: metrics, slave activity, throughput and rates."""
