"""Measurements of the running master: metrics, activity of the slaves, throughput, rates."""
