"""The description of the API (OpenAPI 3.1), which generators of clients read."""
