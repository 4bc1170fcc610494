"""The description of the API is the API: every call of the program is in it, and nothing else."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from master_service.app import create_master
from master_service.openapi import description
from master_service.settings import MasterSettings
from protocol.settings.environment import Environment


@pytest.fixture
def calls(tmp_path: Path) -> Iterator[set[tuple[str, str]]]:
    """Every method and path that the program answers."""
    folders = {"SPOOL_DIR": str(tmp_path), "RESULTS_DIR": str(tmp_path / "results")}
    master = create_master(MasterSettings.read(Environment(folders, tmp_path)))
    yield {
        (method.lower(), re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in master.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        # Pages are for people.
        if not rule.endpoint.startswith("ui.")
    }
    master.close()


def test_every_call_is_described(calls: set[tuple[str, str]]) -> None:
    """Methods and paths are the same in the program and in its description."""
    described = {
        (method, path)
        for path, item in description()["paths"].items()
        for method in item.keys() - {"parameters"}
    }
    assert described == calls


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from ([node["$ref"]] if "$ref" in node else [])
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_reference_leads_somewhere() -> None:
    """What a call refers to is described too."""
    told = json.loads(json.dumps(description()))
    found = set(references(told))
    assert found
    assert found <= {f"#/components/schemas/{name}" for name in told["components"]["schemas"]}


def test_every_error_has_its_shape() -> None:
    """Each answer of 400 and more is an object with ``error``; those to come back say when."""
    for item in description()["paths"].values():
        for method, one in item.items():
            for status, answer in one["responses"].items() if method != "parameters" else ():
                if int(status) >= 400:
                    schema = answer["content"]["application/json"]["schema"]
                    assert schema == {"$ref": "#/components/schemas/Error"}
                    assert ("headers" in answer) == (status in ("503", "507"))
