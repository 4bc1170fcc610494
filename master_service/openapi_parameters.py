"""The parameters of the master's calls in headers and queries; a part of ``openapi``."""

from typing import Any

from master_service.jobs.model import FileState

KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key with the same content gives the same answer again.",
    "schema": {"type": "string", "pattern": "^[!-~]([ -~]{0,253}[!-~])?$"},
}
PREFER: dict[str, Any] = {
    "name": "Prefer",
    "in": "header",
    "description": "respond-async: answer 202 at once.",
    "schema": {"type": "string"},
}


def page(name: str, default: int, most: int) -> dict[str, Any]:
    """Describe one of the two numbers that choose a page of a list."""
    schema = {"type": "integer", "minimum": 0, "maximum": most, "default": default}
    return {"name": name, "in": "query", "schema": schema}


STATE: dict[str, Any] = {
    "name": "state",
    "in": "query",
    "description": "Files in this state alone; all where it is left out.",
    "schema": {"type": "string", "enum": [state.value for state in FileState]},
}

ID_PREFIX: dict[str, Any] = {
    "name": "id_prefix",
    "in": "query",
    "description": "Jobs whose ids begin with this alone; all where it is left out.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{4,64}$"},
}

CODE: dict[str, Any] = {
    "name": "code",
    "in": "query",
    "description": "Files that failed in this way alone, none for a code that nothing has.",
    "schema": {"type": "string"},
}
