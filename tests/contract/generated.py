"""A client that a generator makes of a master's description, and that has its answers checked."""

import importlib
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx

from tests.described import Description

PACKAGE = "cluster_client"
"""As in docs/jobs.md."""


def generate(url: str, folder: Path) -> float:
    """Have openapi-python-client make ``PACKAGE`` in the folder; return how many seconds it took.

    The generator reports what it can't use as a warning, which counts as a failure here.
    """
    beside = Path(sys.executable).parent
    began = time.monotonic()
    done = subprocess.run(
        [
            str(beside / "openapi-python-client"),
            "generate",
            f"--url={url}/openapi.json",
            f"--output-path={folder / PACKAGE}",
            "--meta=none",
            "--fail-on-warning",
        ],
        # It formats the client with Ruff, which it looks for there.
        env=dict(os.environ) | {"PATH": f"{beside}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return time.monotonic() - began


class Caller:
    """Calls a master through the generated client; each answer has to be as described."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.module: ModuleType = importlib.import_module(PACKAGE)
        self.models: ModuleType = importlib.import_module(f"{PACKAGE}.models")
        kind = self.module.Client if token is None else self.module.AuthenticatedClient
        credentials = {} if token is None else {"token": token}
        hooks = {"event_hooks": {"response": [self._check]}}
        self.client = kind(url, timeout=httpx.Timeout(60), httpx_args=hooks, **credentials)
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        answer = httpx.get(f"{url}/openapi.json", headers=headers, timeout=60)
        self._description = Description(answer.json())

    def call(self, name: str, *path: object, status: int = 200, **arguments: object) -> Any:
        """Call the operation of that id; return what the client makes of the answer."""
        return self.answer(name, *path, status=status, **arguments).parsed

    def answer(self, name: str, *path: object, status: int = 200, **arguments: object) -> Any:
        """Do the same, and return the answer with its headers and bytes."""
        tags = {one["operationId"]: one["tags"][0] for *_, one in self._description.operations()}
        module = importlib.import_module(f"{PACKAGE}.api.{tags[name]}.{name}")
        answer = module.sync_detailed(*path, client=self.client, **arguments)
        assert answer.status_code == status, answer.content
        return answer

    def files(self, paths: Iterable[Path]) -> list[Any]:
        """Return files as the client takes them."""
        file = importlib.import_module(f"{PACKAGE}.types").File
        return [file(BytesIO(path.read_bytes()), path.name) for path in paths]

    def _check(self, answer: httpx.Response) -> None:
        body = answer.read()
        request = answer.request
        path = request.url.path
        self._description.check(request.method, path, answer.status_code, answer.headers, body)
