"""Compares what the master answers, or what the examples show, with the API's description.

The comparison is stricter than the description: an object may have no keys but the described ones,
so that a key that the program adds has to be described too.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema

Json = dict[str, Any]


class Description:
    """An OpenAPI 3.1 document without references but to its schemas."""

    def __init__(self, document: Json) -> None:
        self._paths: Json = document["paths"]
        self._components = {"schemas": closed(document["components"]["schemas"])}

    def operations(self) -> Iterator[tuple[str, str, Json]]:
        """Yield method, path and operation of every call."""
        for path, item in self._paths.items():
            for method, operation in item.items():
                if method != "parameters":
                    yield method, path, operation

    def faults(self, schema: Json, value: object) -> list[str]:
        """Return how a value differs from a schema of the document."""
        validator = jsonschema.Draft202012Validator(
            schema | {"components": self._components}, format_checker=jsonschema.FormatChecker()
        )
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]

    def check(
        self, method: str, path: str, status: int, headers: Mapping[str, str], body: bytes
    ) -> None:
        """Fail where an answer is not as described: its status, headers, type or JSON."""
        call = f"{method} {path}: {status}"
        answers = self._operation(method, path)["responses"]
        assert str(status) in answers, f"{call} is not described"
        answer = answers[str(status)]
        missing = [name for name in answer.get("headers", {}) if name not in headers]
        assert not missing, f"{call} lacks {missing}"
        kind = headers.get("Content-Type", "").partition(";")[0]
        content = answer.get("content", {})
        assert not body or kind in content, f"{call} is {kind}, which is not described"
        if kind == "application/json":
            assert self.faults(content[kind]["schema"], json.loads(body)) == [], call

    def _operation(self, method: str, path: str) -> Json:
        # A path without parameters goes before one that fits by its parameters.
        for template in sorted(self._paths, key=lambda known: known.count("{")):
            parts = (re.escape(part) for part in re.split(r"\{\w+\}", template))
            if re.fullmatch("[^/]+".join(parts), path):
                operation: Json = self._paths[template][method.lower()]
                return operation
        raise AssertionError(f"{path} is not described")


def closed(node: Any) -> Any:
    """Return schemas whose objects have no keys but those that are named."""
    if isinstance(node, list):
        return [closed(part) for part in node]
    if not isinstance(node, dict):
        return node
    found = {name: closed(part) for name, part in node.items()}
    if "properties" in found and found.get("type") == "object":
        found.setdefault("additionalProperties", False)
    return found
