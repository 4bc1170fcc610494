"""The worker processes of a slave: pool, start, deadline, sandbox and clean-up."""
