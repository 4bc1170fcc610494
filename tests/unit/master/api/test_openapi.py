"""The OpenAPI description matches the program: every call, and nothing else."""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import IntegerConverter

from master_service.api.models.fields import FileIndex
from master_service.api.models.jobs import FileIndexes, JobListQuery, NewJob
from master_service.api.openapi.description import description
from master_service.api.operation import Created, operation, operation_of
from master_service.api.request_parsing import check
from master_service.app import create_master
from master_service.settings import MasterSettings
from protocol.settings.environment import Environment
from protocol.task_types import TASK_TYPES

needs_validators = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="the validators are pinned for 3.11 and later"
)

OPERATION_IDS = {
    "assign_task": "post /assign_task",
    "create_job": "post /jobs",
    "add_files": "post /jobs/{job_id}/files",
    "start_job": "post /jobs/{job_id}/start",
    "list_jobs": "get /jobs",
    "get_job": "get /jobs/{job_id}",
    "cancel_job": "delete /jobs/{job_id}",
    "get_job_slaves": "get /jobs/{job_id}/slaves",
    "get_job_failures": "get /jobs/{job_id}/failures",
    "watch_job": "get /jobs/{job_id}/events",
    "retry_job": "post /jobs/{job_id}/retry",
    "exclude_slave": "post /jobs/{job_id}/drop",
    "download_results": "get /jobs/{job_id}/results.zip",
    "download_result": "get /results/{task_type}/{name}",
    "compare_files": "get /jobs/{job_id}/similar",
    "download_vectors": "get /jobs/{job_id}/vectors.npz",
    "download_input": "get /jobs/{job_id}/inputs/{index}",
    "ping": "get /",
    "check_status": "get /check_status",
    "get_activity": "get /activity",
    "get_metrics": "get /metrics",
    "get_openapi": "get /openapi.json",
    "register_slave": "post /register",
    "unregister_slave": "delete /register",
}
"""Function names in generated clients: none of them may change."""


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """The application of a master with a token."""
    settings = {"SPOOL_DIR": str(tmp_path), "RESULTS_DIR": str(tmp_path / "results")}
    settings["CLUSTER_TOKEN"] = "a-token-for-tests"
    master = create_master(MasterSettings.read(Environment(settings, tmp_path)))
    yield master.app
    master.close()


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    """The description of the application."""
    return description(app)


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return each operation by its method and path, with the parameters of its path."""
    return {
        f"{method} {path}": {**one, "path_parameters": item.get("parameters", [])}
        for path, item in document["paths"].items()
        for method, one in item.items()
        if method != "parameters"
    }


def media(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield name, media type and description of each body of a request or an answer."""
    for name, one in operations(document).items():
        for kind, content in one.get("requestBody", {}).get("content", {}).items():
            yield name, kind, content
        for status, answer in one["responses"].items():
            for kind, content in answer.get("content", {}).items():
                yield f"{name} {status}", kind, content


def test_every_call_is_described(app: Flask, document: dict[str, Any]) -> None:
    """Methods, paths and the types of path parameters are those of the program."""
    known = {
        f"{method.lower()} {path_of(rule.rule)}": {
            name: "integer" if isinstance(converter, IntegerConverter) else "string"
            for name, converter in rule._converters.items()
        }
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        # Pages are not part of the API.
        if not rule.endpoint.startswith("ui.")
    }
    schemas = document["components"]["schemas"]
    described = {
        name: {
            parameter["name"]: resolved(parameter["schema"], schemas)["type"]
            for parameter in one["path_parameters"]
        }
        for name, one in operations(document).items()
    }
    assert described == known


def path_of(rule: str) -> str:
    """Return the path of a Flask rule in OpenAPI's syntax."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)


def resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the schema that a reference names, or the schema itself."""
    found: dict[str, Any] = schemas[schema["$ref"].split("/")[-1]] if "$ref" in schema else schema
    return found


def test_operation_ids_do_not_change(document: dict[str, Any]) -> None:
    """Every call has its operation id, a summary and one described tag."""
    assert {one["operationId"]: name for name, one in operations(document).items()} == OPERATION_IDS
    tags = {tag["name"] for tag in document["tags"]}
    assert {tag for one in operations(document).values() for tag in one["tags"]} == tags
    assert all(one["summary"] and len(one["tags"]) == 1 for one in operations(document).values())


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from ([node["$ref"]] if "$ref" in node else [])
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_schema_is_referred_to(document: dict[str, Any]) -> None:
    """The schemas are exactly those that are referred to."""
    found = set(references(document))
    assert found == {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}


def test_every_error_has_its_shape(document: dict[str, Any]) -> None:
    """Each error answer is an ``Error``; 503 and 507 have ``Retry-After``."""
    for name, one in operations(document).items():
        for status, answer in one["responses"].items():
            if int(status) >= 400:
                schema = answer["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Error"}, name
                has_time = "Retry-After" in answer.get("headers", {})
                assert has_time == (status in ("503", "507")), name


def test_forms_are_plain_objects(document: dict[str, Any]) -> None:
    """A form is one object with an optional list of files for each form field.

    For ``anyOf``, some generators create a call without a body.
    """
    schemas = document["components"]["schemas"]
    forms = [content for _, kind, content in media(document) if kind == "multipart/form-data"]
    assert len(forms) == 2
    files = {"type": "array", "items": {"type": "string", "format": "binary"}}
    for form in forms:
        schema = resolved(form["schema"], schemas)
        assert (schema["type"], "required" in schema) == ("object", False)
        for task in TASK_TYPES.values():
            assert files.items() <= schema["properties"][task.form_field].items()


def test_downloads_are_bytes(document: dict[str, Any]) -> None:
    """Bodies other than JSON, text and forms are bytes, and listed before JSON."""
    kinds: dict[str, list[str]] = {}
    for name, kind, content in media(document):
        kinds.setdefault(name, []).append(kind)
        if kind not in ("application/json", "text/plain", "multipart/form-data"):
            assert content["schema"] == {"type": "string", "format": "binary"}
    octets = "application/octet-stream"
    assert {name: found for name, found in kinds.items() if octets in found} == {
        "get /jobs/{job_id}/results.zip 200": ["application/zip", octets],
        "get /results/{task_type}/{name} 200": [
            "image/png",
            "application/pdf",
            octets,
            "application/json",
        ],
        "get /jobs/{job_id}/inputs/{index} 200": [octets],
        "get /jobs/{job_id}/vectors.npz 200": [octets],
    }


def test_login_cookie_is_described(app: Flask, document: dict[str, Any]) -> None:
    """The name of the cookie is that of the login's cookie."""
    schemes = document["components"]["securitySchemes"]
    assert schemes["cookie"]["name"] == app.config["SESSION_COOKIE_NAME"]
    assert schemes["token"]["scheme"] == "bearer"
    assert document["security"] == [{"token": []}, {"cookie": []}, {}]


@needs_validators
def test_description_is_valid_openapi(document: dict[str, Any]) -> None:
    """The description passes a validator of OpenAPI 3.1."""
    from openapi_spec_validator import validate

    validate(json.loads(json.dumps(document)))


@needs_validators
def test_examples_are_as_described(document: dict[str, Any]) -> None:
    """Each JSON, text and form body has examples, and each example is valid."""
    from tests.described import Description

    described = Description(document)
    counts: Counter[str] = Counter()
    for name, kind, content in media(document):
        for example in content.get("examples", {}).values():
            assert described.faults(content["schema"], example["value"]) == [], name
            counts[f"{name} {kind}"] += 1
        assert counts[f"{name} {kind}"] or content["schema"].get("format") == "binary", name
    for one in operations(document).values():
        for parameter in one.get("parameters", []):
            if "example" in parameter:
                assert described.faults(parameter["schema"], parameter["example"]) == []


def test_examples_of_bodies_are_accepted(app: Flask, document: dict[str, Any]) -> None:
    """The master accepts the example of each JSON body."""
    contents = {
        one["operationId"]: one["requestBody"]["content"]["application/json"]
        for one in operations(document).values()
        if "application/json" in one.get("requestBody", {}).get("content", {})
    }
    declared = filter(None, map(operation_of, app.view_functions.values()))
    bodies = {one.name: one.inputs["body"] for one in declared if "body" in one.inputs}
    assert contents.keys() == bodies.keys()
    for name, content in contents.items():
        check(bodies[name], content["examples"]["example"]["value"])


def test_signature_is_the_description() -> None:
    """Parameters and answers of a view are described as its signature has them."""
    app = Flask(__name__)

    @app.get("/things/<int:index>")
    @operation("get_thing", "jobs", errors=(404,))
    def thing(index: FileIndex, query: JobListQuery) -> FileIndexes:
        """Return a thing."""
        return {"indexes": [index, query.limit]}

    @app.post("/things")
    @operation("create_thing", "jobs")
    def create(body: NewJob) -> Created:
        """Create a thing."""
        return {"job_id": body.task_type, "status_url": "/x"}, 201, {"Location": "/x"}

    described = operations(description(app))
    get, post = described["get /things/{index}"], described["post /things"]
    assert [one["name"] for one in get["parameters"]] == ["offset", "limit", "id_prefix"]
    assert get["path_parameters"][0]["schema"] == {"type": "integer", "minimum": 0}
    assert get["summary"] == "Return a thing."
    assert list(get["responses"]) == ["200", "400", "401", "403", "404"]
    assert list(post["responses"]) == ["201", "400", "401", "403", "413"]
    client = app.test_client()
    assert client.get("/things/7?limit=3").json == {"indexes": [7, 3]}
    answer = client.post("/things", json={"task_type": "text"})
    assert (answer.status_code, answer.headers["Location"]) == (201, "/x")
