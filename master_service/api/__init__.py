"""Requests in, JSON out, no policy: one module a resource, and the description of all calls."""
