"""The program of one worker process: reads one task at a time and writes its outcome.

A task is one line of JSON on standard input. An answer is one line of JSON on the original standard
output, followed by the number of bytes of the result that the line states. The process ends at the
end of its input. The slave starts ``python -m slave_service.workers.worker_process MEMORY
SETTINGS TESTED``: the memory limit in bytes, the processors' keyword arguments by task type, in
JSON, and the task types, separated by commas, to test and to load before the first task. A task
``{"prepare": task_type}`` tests and loads another one.
"""

import errno
import importlib
import json
import os
import sys
import tempfile
import traceback
import warnings
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from protocol import failures
from protocol.task_types import TASK_TYPES
from protocol.wire import encode_warnings, json_bytes, read_warnings
from slave_service import progress
from slave_service.file_result import FileResult
from slave_service.workers.landlock import confine_to
from slave_service.workers.sandbox import MAX_FILE_BYTES, confine, limit_cpu_time

Settings = dict[str, dict[str, str]]
_MAX_FRAMES = 5
"""Of a traceback, in the log."""


def main() -> None:
    """Process tasks until the input ends."""
    warnings.simplefilter("ignore")
    if hasattr(os, "nice"):
        # Leave priority to other programs of this computer, to heartbeats and to a master.
        os.nice(5)
    answers = _redirect_stdout()
    confine(int(sys.argv[1]))
    settings: Settings = json.loads(sys.argv[2])
    reasons = _self_tests(sys.argv[3], settings)
    _confine_writing()
    _send(answers, json_bytes({"reasons": reasons, **_processor_details(reasons, settings)}))
    for line in sys.stdin.buffer:
        task = json.loads(line)
        with progress.reported_to(partial(_report_part, answers, task["timeout_s"])):
            _answer(task, answers, settings)


def _report_part(answers: BinaryIO, timeout_s: float) -> None:
    """Tell the slave that a part of the file is finished: the next one has as much time."""
    _send(answers, json_bytes({"part_finished": True}))
    limit_cpu_time(timeout_s)


def _confine_writing() -> None:
    """Restrict writing to the worker's temporary folder.

    The libraries are loaded before, so that Python can store their compiled modules beside them
    and does not compile them again in each worker.
    """
    if "coverage" in sys.modules:
        return  # coverage writes its data outside of the folder when the process ends
    try:
        confine_to(Path(tempfile.gettempdir()))
    except OSError as error:
        print(f"Landlock failed, so workers can write anywhere: {error}", file=sys.stderr)  # noqa: T201 (the log)


def _redirect_stdout() -> BinaryIO:
    """Return the standard output for answers, and redirect what libraries print to the log."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _self_tests(tested: str, settings: Settings) -> dict[str, str | None]:
    """Return for each tested type why this computer can't do it, or None where it can.

    The tests also load the libraries, so that this counts against the deadline of no file.
    """
    return {
        name: _self_test(task.processor, settings.get(name, {}))
        for name, task in TASK_TYPES.items()
        if name in tested.split(",")
    }


def _self_test(processor: str, settings: dict[str, str]) -> str | None:
    try:
        importlib.import_module(processor).self_test(**settings)
    except (failures.Unavailable, failures.FileError) as error:
        return str(error)
    except ImportError as error:
        return f"A library is missing ({error}): pip install -r requirements.txt"
    except Exception as error:  # noqa: BLE001 (process border: the other types still work)
        return f"The self-test failed: {type(error).__name__}: {error}"
    return None


def _processor_details(reasons: dict[str, str | None], settings: Settings) -> dict[str, object]:
    """Return versions and features of the processors that passed their self-tests."""
    versions: dict[str, object] = {}
    features: set[str] = set()
    for name in (name for name, reason in reasons.items() if reason is None):
        module = importlib.import_module(TASK_TYPES[name].processor)
        if hasattr(module, "versions"):
            versions |= module.versions(**settings.get(name, {}))
        if hasattr(module, "features"):
            features |= module.features(**settings.get(name, {}))
    return {"versions": versions, "features": sorted(features)}


def _answer(task: dict[str, Any], answers: BinaryIO, settings: Settings) -> None:
    limit_cpu_time(task["timeout_s"])
    if "prepare" in task:
        _send(answers, json_bytes({"reasons": _self_tests(task["prepare"], settings)}))
        return
    try:
        chosen = settings.get(task["task_type"], {}) | task["keywords"]
        result, warnings = _process(task, chosen)
        # A partial result is for the master alone, and indenting takes longer than counting.
        indent = None if TASK_TYPES[task["task_type"]].merge_module else 2
        body = result if isinstance(result, bytes) else json_bytes(result, indent=indent)
        header: dict[str, object] = {"bytes": len(body)} | encode_warnings(warnings)
    except Exception as error:  # noqa: BLE001 (process border: a failure travels as a value)
        failure = _as_failure(error)
        body, header = b"", {"code": failure.code, "error": failure.error}
    # Results can be large: this one is freed when the function returns, before the next file.
    _send(answers, json_bytes(header), body)


def _process(
    task: dict[str, Any], settings: dict[str, str]
) -> tuple[bytes | dict[str, object], tuple[str, ...]]:
    """Return the result and its warnings, which the answer carries beside it."""
    module = importlib.import_module(TASK_TYPES[task["task_type"]].processor)
    with _opened(Path(task["path"])) as source:
        if not source.read(1):
            raise failures.Empty("The file is empty (0 bytes): there is nothing to process.")
        source.seek(0)
        result: FileResult | dict[str, object] = module.process(source, **settings)
        if isinstance(result, FileResult):
            return result, read_warnings(list(result.warnings))
        return result, read_warnings(result.get("warnings"))


def _opened(upload: Path) -> BinaryIO:
    try:
        return upload.open("rb")
    except FileNotFoundError as error:
        # The slave removes the uploads of a request whose sender has gone.
        raise failures.NotProcessed("The request ended before the file was begun.") from error


def _as_failure(error: Exception) -> failures.Failure:
    if isinstance(error, failures.FileError):
        return error.as_failure()
    if isinstance(error, MemoryError):
        return failures.OutOfMemory(
            "The file needs more memory than one worker may use: make it smaller, or raise "
            "WORKER_MEMORY on the slaves."
        ).as_failure()
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return failures.TooLarge(
            f"To process the file, more than {MAX_FILE_BYTES} bytes would have to be written to "
            "one temporary file: make it smaller."
        ).as_failure()
    # The message can quote the file; repr() keeps it on one line of the log.
    line = f"unexpected {type(error).__name__}: {str(error)[:1000]!r} {_location(error)}"
    print(line, file=sys.stderr)  # noqa: T201 (the log)
    return failures.Internal(
        f"The file could not be processed because of an internal error "
        f"({type(error).__name__}); please report it with the file and the log of the slave."
    ).as_failure()


def _location(error: Exception) -> str:
    """Return the innermost calls of an error, the last one first, without source text or values."""
    frames = traceback.extract_tb(error.__traceback__)[-_MAX_FRAMES:]
    calls = (f"{frame.name} ({Path(frame.filename).name}:{frame.lineno})" for frame in frames[::-1])
    return "in " + ", called by ".join(calls) if frames else ""


def _send(answers: BinaryIO, header: bytes, body: bytes = b"") -> None:
    try:
        answers.write(header + b"\n")
        answers.write(body)
        answers.flush()
    except BrokenPipeError:
        # The slave has ended.
        os._exit(0)


if __name__ == "__main__":
    main()
