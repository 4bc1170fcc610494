"""Generates the OpenAPI 3.1 description of the API from the operations that its views declare."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from flask import Flask

from master_service.api.models.fields import Error
from master_service.api.openapi import texts
from master_service.api.openapi.schemas import Schemas, parameters
from master_service.api.operation import JSON, Answer, Operation, operation_of
from protocol.server.access_control import OPEN_PATHS
from protocol.wire import CONTRACT_VERSION

Described = dict[str, Any]

_PARAMETERS = {"headers": "header", "query": "query"}
_BODIES = {"body": JSON, "form": "multipart/form-data"}
_INPUT_ERRORS = {"body": (400, 413), "form": (400, 413), "query": (400,), "headers": (400, 422)}
"""How an input may be refused before the view decides; of the headers, a key used before."""


def description(app: Flask) -> Described:
    """Return the whole description of the app's calls.

    Access is described once for all calls: for a call with its own ``security``, some generators
    make a client that requires a token.
    """
    operations = list(_operations(app))
    types = {f"{o.name} {name}": each for *_, o in operations for name, each in _types(o)}
    schemas = Schemas({"error": Error, **types})
    paths: dict[str, Described] = {}
    for path, method, found in operations:
        item = paths.setdefault(path, {"parameters": _in_path(schemas, found, path)})
        item[method] = _call(schemas, found, needs_token=path not in OPEN_PATHS)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "File-processing cluster: the master",
            "version": str(CONTRACT_VERSION),
            "description": texts.ABOUT,
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"cookie": []}, {}],
        "tags": [{"name": name, "description": text} for name, text in texts.TAGS.items()],
        "paths": paths,
        "components": {"schemas": schemas.components, "securitySchemes": texts.SECURITY_SCHEMES},
    }


def _operations(app: Flask) -> Iterator[tuple[str, str, Operation]]:
    """Yield path, method and operation of each view that declares one."""
    for rule in app.url_map.iter_rules():
        found = operation_of(app.view_functions[rule.endpoint])
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if found:
                yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower(), found


def _types(operation: Operation) -> Iterator[tuple[str, Any]]:
    """Yield the type of each part of the path, body and answer, with a name of its own."""
    yield from ((n, each) for n, each in operation.inputs.items() if n not in _PARAMETERS)
    for status, answer in operation.answers.items():
        for kind, each in answer.content.items():
            yield f"{status} {kind}", each


def _call(schemas: Schemas, operation: Operation, needs_token: bool) -> Described:
    described: Described = {
        "tags": [operation.tag],
        "operationId": operation.name,
        "summary": operation.summary,
    }
    described["parameters"] = [
        {"name": name, "in": place} | _parameter(schema)
        for source, place in _PARAMETERS.items()
        if source in operation.inputs
        for name, schema in parameters(operation.inputs[source]).items()
    ]
    for source, kind in _BODIES.items():
        if source in operation.inputs:
            content = {kind: _content(schemas, f"{operation.name} {source}")}
            described["requestBody"] = {"required": True, "content": content}
    return described | {"responses": _responses(schemas, operation, needs_token)}


def _in_path(schemas: Schemas, operation: Operation, path: str) -> list[Described]:
    return [
        {"name": name, "in": "path", "required": True}
        | _parameter(schemas.schema(f"{operation.name} {name}"))
        for name in re.findall(r"{(\w+)}", path)
    ]


def _parameter(schema: Described) -> Described:
    """Return the schema as that of a parameter, which has its description and example."""
    schema = dict(schema)
    text = {"description": schema.pop("description")} if "description" in schema else {}
    examples = schema.pop("examples", [])
    return text | {"schema": schema} | ({"example": examples[0]} if examples else {})


def _content(schemas: Schemas, name: str) -> Described:
    schema = schemas.schema(name)
    if schema.get("format") == "binary":
        return {"schema": schema}
    return {"schema": schema, "examples": {"example": {"value": schemas.example(schema)}}}


def _responses(schemas: Schemas, operation: Operation, needs_token: bool) -> Described:
    answers = {
        str(status): _answer(schemas, f"{operation.name} {status}", answer)
        for status, answer in operation.answers.items()
    }
    examples = dict.fromkeys((401, 403) if needs_token else (403,), "")
    for name in operation.inputs:
        examples |= dict.fromkeys(_INPUT_ERRORS.get(name, ()), "")
    examples |= operation.errors
    errors = {
        str(status): _error(schemas, status, text) for status, text in sorted(examples.items())
    }
    return answers | errors


def _answer(schemas: Schemas, name: str, answer: Answer) -> Described:
    text = answer.description or schemas.description(f"{name} {JSON}")
    described: Described = {"description": text}
    if answer.content:
        content = {kind: _content(schemas, f"{name} {kind}") for kind in answer.content}
        described["content"] = content
    return described | _headers(answer.headers)


def _error(schemas: Schemas, status: int, example: str) -> Described:
    text, usual_example = texts.ERRORS[status]
    value = {"error": example or usual_example}
    content = {"schema": schemas.schema("error"), "examples": {"error": {"value": value}}}
    headers = _headers(texts.ERROR_HEADERS.get(status, ()))
    return {"description": text, "content": {JSON: content}} | headers


def _headers(names: Iterable[str]) -> Described:
    headers = {name: texts.HEADERS[name] for name in names}
    return {"headers": headers} if headers else {}
