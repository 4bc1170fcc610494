"""Measures the running system beside bare processes and other engines (``make bench``).

Each part is a program of its own: ``table``, ``waiting``, ``latency``, ``heartbeats``, ``starts``.
Each stores what it measured as JSON in ``benchmark_results/``, from which ``report`` writes the
tables and plots of ``docs/performance.md``. ``lost_slave``, ``many_files`` and ``page`` have bounds
of their own and print alone (``make bench-more``).
"""
