"""What requests and answers contain: models that check requests, and types of answers.

``/openapi.json`` is generated from them. Their names become class names in generated clients, so
they must not change; nested objects have names of their own for that reason.
"""
