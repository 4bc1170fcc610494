"""Compares the results of a job with each other: similar and nearly equal files, and clusters.

``service`` is the part inside the master. It starts ``python -m master_service.similarity`` for
each comparison, so that the master itself needs neither NumPy nor the memory for the vectors.
"""
