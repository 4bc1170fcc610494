"""The OpenAPI 3.1 description of the API, written for client generators."""
