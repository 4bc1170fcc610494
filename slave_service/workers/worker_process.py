"""The inside of one worker process: takes one file at a time and answers with its outcome.

Orders come as one line of JSON each on standard input; an answer is one line of JSON on what was
standard output, followed by as many bytes of result as the line says. The process ends when its
input does. It is started as ``python -m slave_service.workers.worker_process MEMORY SETTINGS``: the
bytes that it may take, and in JSON, by task type, what the processors take by keyword.
"""

import errno
import importlib
import json
import os
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any, BinaryIO

from protocol import failures
from protocol.task_types import TASK_TYPES
from protocol.wire import encode_warnings, json_bytes, read_warnings
from slave_service.workers.landlock import confine_to
from slave_service.workers.sandbox import MOST_FILE_BYTES, confine, limit_cpu_time

Settings = dict[str, dict[str, str]]


def main() -> None:
    """Serve orders until the input ends."""
    warnings.simplefilter("ignore")
    if hasattr(os, "nice"):
        # Whoever sits at this computer, the slave's heartbeats and a master beside it come first.
        os.nice(5)
    answers = _take_over_stdout()
    confine(int(sys.argv[1]))
    settings: Settings = json.loads(sys.argv[2])
    reasons = _self_tests(settings)
    _confine_writing()
    _send(answers, json_bytes({"reasons": reasons, **_told_by_processors(reasons, settings)}))
    for line in sys.stdin.buffer:
        _answer(json.loads(line), answers, settings)


def _confine_writing() -> None:
    """Let nothing be written from here on but to the worker's own temporary folder.

    Not before every library is loaded: Python keeps beside some what it has compiled, and would
    have to do it again for each worker.
    """
    if "coverage" in sys.modules:
        return  # which writes its data when the process ends, and to another place
    try:
        confine_to(Path(tempfile.gettempdir()))
    except OSError as error:
        print(f"workers may write where they like: {error}", file=sys.stderr)  # noqa: T201 (the log)


def _take_over_stdout() -> BinaryIO:
    """Keep the real output for answers; what a library prints goes to the log instead."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _self_tests(settings: Settings) -> dict[str, str | None]:
    """Try every task type on its known answer: why it can't be done here, or None.

    It loads every library as well, so that no file has to wait for that.
    """
    return {
        name: _self_test(task.processor, settings.get(name, {}))
        for name, task in TASK_TYPES.items()
    }


def _self_test(processor: str, settings: dict[str, str]) -> str | None:
    try:
        importlib.import_module(processor).self_test(**settings)
    except (failures.Unavailable, failures.FileError) as error:
        return str(error)
    except ImportError as error:
        return f"A library is missing ({error}): pip install -r requirements.txt"
    except Exception as error:  # noqa: BLE001 (process border: one broken type leaves the others)
        return f"The self-test failed: {type(error).__name__}: {error}"
    return None


def _told_by_processors(
    reasons: dict[str, str | None], settings: Settings
) -> dict[str, dict[str, object]]:
    """Ask the processors that work here for what they use beyond Python's packages, and can do."""
    versions: dict[str, object] = {}
    features: dict[str, object] = {}
    for name in (name for name, reason in reasons.items() if reason is None):
        module = importlib.import_module(TASK_TYPES[name].processor)
        if hasattr(module, "versions"):
            versions |= module.versions(**settings.get(name, {}))
        if hasattr(module, "features"):
            features |= module.features()
    return {"versions": versions, "features": features}


def _answer(order: dict[str, Any], answers: BinaryIO, settings: Settings) -> None:
    limit_cpu_time(order["timeout_s"])
    try:
        result, warnings = _process(order, settings.get(order["task_type"], {}))
        body = result if isinstance(result, bytes) else json_bytes(result, indent=2)
        head: dict[str, object] = {"bytes": len(body)} | encode_warnings(warnings)
    except Exception as error:  # noqa: BLE001 (process border: a failure travels as a value)
        failure = _as_failure(error)
        body, head = b"", {"code": failure.code, "error": failure.error}
    # A result may be large; it is let go before the next file is begun.
    _send(answers, json_bytes(head), body)


def _process(
    order: dict[str, Any], settings: dict[str, str]
) -> tuple[bytes | dict[str, object], tuple[str, ...]]:
    """Return the result, and the warnings that travel beside it."""
    module = importlib.import_module(TASK_TYPES[order["task_type"]].processor)
    with Path(order["path"]).open("rb") as source:
        if not source.read(1):
            raise failures.Empty("The file is empty (0 bytes): there is nothing to process.")
        source.seek(0)
        result: bytes | dict[str, object]
        if order["survey"]:
            result = module.survey(source)
        elif order["fit"] is not None:
            result = module.process(source, order["fit"])
        else:
            result = module.process(source, **settings)
        if isinstance(result, dict):
            found = result.get("warnings")
        else:
            found = module.warnings(source) if hasattr(module, "warnings") else None
        return result, read_warnings(found)


def _as_failure(error: Exception) -> failures.Failure:
    if isinstance(error, failures.FileError):
        return error.as_failure()
    if isinstance(error, MemoryError):
        return failures.OutOfMemory(
            "The file needs more memory than one worker may take: make it smaller, or raise "
            "WORKER_MEMORY on the slaves."
        ).as_failure()
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return failures.TooLarge(
            f"To process the file, more than {MOST_FILE_BYTES} bytes would have to be written to "
            "one temporary file: make it smaller."
        ).as_failure()
    # Its text may quote the file, which has no right to lines of its own in the log.
    print(f"unexpected {type(error).__name__}: {str(error)[:1000]!r}", file=sys.stderr)  # noqa: T201 (the log)
    return failures.Internal(
        f"The file could not be processed because of an internal error "
        f"({type(error).__name__}); please report it with the file."
    ).as_failure()


def _send(answers: BinaryIO, head: bytes, body: bytes = b"") -> None:
    try:
        answers.write(head + b"\n")
        answers.write(body)
        answers.flush()
    except BrokenPipeError:
        # The slave is gone, and nobody is left to answer.
        os._exit(0)


if __name__ == "__main__":
    main()
