"""The loop of an engine's program: reads one request a line, and answers with one line of JSON.

A request has ``task_type``, ``paths`` and ``folder``, where results are written; without paths it
only makes the workers load the task type. The first line of the output, before any request, says
that the engine has started.
"""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.bare_processing import CallAll, process_all

Answer = Callable[[dict[str, Any]], dict[str, object]]


def serve_engine(call_all: CallAll) -> None:
    """Process the files of each request on an engine, until the input ends."""

    def answer(request: dict[str, Any]) -> dict[str, object]:
        return {"files": process_all(call_all, **request)}

    serve(answer)


def serve(answer: Answer) -> None:
    """Answer requests until the input ends; what libraries print goes to standard error."""
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    _write(output, {})
    for line in sys.stdin:
        _write(output, answer(json.loads(line)))


def _write(output: Any, value: dict[str, object]) -> None:  # noqa: ANN401 (a text file)
    output.write(json.dumps(value) + "\n")
    output.flush()
