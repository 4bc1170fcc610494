"""The HTTP API: requests in, JSON out, no policy; ``openapi`` describes every call."""
