"""The slave's handle of one worker process: sends the path of a file, receives its outcome."""

import json
import logging
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from protocol import failures
from protocol.counts import counted
from protocol.wire import Outcome, json_bytes, read_warnings
from slave_service.workers.child_process import ChildProcess, kill_group

_log = logging.getLogger(__name__)

_START_LIMIT_S = 120
"""Loading all libraries takes seconds, and much longer on a slow and busy computer."""
_FINISH_LIMIT_S = 5
_CPU_TIME_EXIT_CODE = -getattr(signal, "SIGXCPU", 0) or None
"""Exit code of a process over its CPU time (see ``sandbox``); None where there is no such limit."""


@dataclass(frozen=True, slots=True)
class FileTask:
    """One file for a worker, and what to do with it."""

    task_type: str
    filename: str
    path: Path
    keywords: Mapping[str, str] = field(default_factory=dict)
    """Keyword arguments of the processor, which take precedence over its settings."""


@dataclass(frozen=True, slots=True)
class SelfTestReport:
    """What a worker reports after its self-tests."""

    reasons: dict[str, str | None]
    """By task type: why this computer can't do it, or None where it can."""
    versions: dict[str, str]
    """Versions of programs that results depend on, other than Python packages."""
    features: frozenset[str] = frozenset()
    """What jobs with options can need, such as ``ocr:deu``."""


ProcessorSettings = Mapping[str, Mapping[str, str]]
"""By task type: the values of the settings by the keyword arguments of its processor."""


MAX_FILES_PER_WORKER = 10_000
"""Replacing a worker frees memory that libraries have leaked."""


MAX_RENEWALS = 1000
"""How often one file can have its deadline renewed."""


class WorkerHandle:
    """A process that takes one file at a time; it is never restarted."""

    def __init__(
        self,
        memory_bytes: int,
        folder: Path,
        processor_settings: ProcessorSettings,
        prepared: Sequence[str] = (),
    ) -> None:
        """Start the process; it tests the types ``prepared`` now and others before their use."""
        # Temporary files of the worker, such as Tesseract's copy of a page, are removed with it.
        self._folder = Path(tempfile.mkdtemp(prefix="worker-", dir=folder))
        module = "slave_service.workers.worker_process"
        settings = json.dumps(processor_settings)
        self._child = ChildProcess(
            module, str(memory_bytes), settings, ",".join(prepared), folder=self._folder
        )
        self.pid = self._child.pid
        self._prepared = set(prepared)
        self._files = 0

    def is_alive(self) -> bool:
        """Return whether the process is running."""
        return self._child.is_alive()

    def needs_replacement(self) -> bool:
        """Return whether the process has had ``MAX_FILES_PER_WORKER`` files."""
        return self._files >= MAX_FILES_PER_WORKER

    def kill(self) -> None:
        """Kill the process and its children; a call that waits for its answer then fails."""
        kill_group(self.pid)

    def finish(self) -> None:
        """Ask the idle process to end, kill it after a timeout, and remove its folder."""
        self._child.finish(_FINISH_LIMIT_S)
        shutil.rmtree(self._folder, ignore_errors=True)

    def wait_until_ready(self) -> SelfTestReport | None:
        """Wait for the self-tests; return None where the worker ends or is late."""
        try:
            with self._deadline(_START_LIMIT_S):
                report = json.loads(self._child.stdout.readline())
                return SelfTestReport(**report | {"features": frozenset(report["features"])})
        except (OSError, ValueError):
            self._child.kill()
            return None

    def process(self, task: FileTask, timeout_s: float) -> Outcome:
        """Return the outcome of one file; kill the worker where it is late or has crashed."""
        self._files += 1
        late = threading.Event()
        try:
            self._prepare(task.task_type)
            with self._deadline(timeout_s) as deadline:
                late = deadline.is_over
                outcome = self._exchange(task, timeout_s, deadline)
        except (OSError, ValueError):
            code = self._child.kill()
            timed_out = late.is_set() or code == _CPU_TIME_EXIT_CODE
            failure = _timed_out(timeout_s) if timed_out else _crashed(code)
            _log.warning(
                "worker %d ended while processing %r: %s", self.pid, task.filename, failure.error
            )
            return Outcome(task.filename, failure=failure)
        if late.is_set():
            # The worker answered while it was being killed: the outcome is valid.
            self._child.kill()
        return outcome

    def _prepare(self, task_type: str) -> None:
        """Have the worker load the libraries of a type, which can take seconds the first time.

        A self-test that fails here succeeded when the slave started: the file's own failure tells.
        """
        if task_type in self._prepared:
            return
        with self._deadline(_START_LIMIT_S):
            self._send({"prepare": task_type, "timeout_s": _START_LIMIT_S})
            json.loads(self._child.stdout.readline())
        self._prepared.add(task_type)

    def _send(self, message: dict[str, object]) -> None:
        self._child.stdin.write(json_bytes(message) + b"\n")
        self._child.stdin.flush()

    def _exchange(self, task: FileTask, timeout_s: float, deadline: "_Deadline") -> Outcome:
        """Send the task and read the outcome; raise OSError or ValueError where the worker dies.

        Each finished part of the file that the worker reports renews the deadline.
        """
        message: dict[str, object] = {
            "task_type": task.task_type,
            "path": str(task.path),
            "keywords": dict(task.keywords),
            "timeout_s": timeout_s,
        }
        self._send(message)
        while "part_finished" in (header := json.loads(self._child.stdout.readline())):
            deadline.renew()
        if "error" in header:
            return Outcome(task.filename, failure=failures.Failure(header["code"], header["error"]))
        data = self._child.stdout.read(header["bytes"])
        if len(data) != header["bytes"]:
            raise ValueError("the worker's answer is incomplete")
        return Outcome(task.filename, data=data, warnings=read_warnings(header.get("warnings")))

    def _deadline(self, seconds: float) -> "_Deadline":
        """Return a context that kills the worker where the block takes longer than ``seconds``."""
        return _Deadline(seconds, self.kill)


class _Deadline:
    """Calls ``kill`` and sets ``is_over`` after ``seconds``, unless the block ends before."""

    def __init__(self, seconds: float, kill: Callable[[], None]) -> None:
        self.is_over = threading.Event()
        self._seconds = seconds
        self._kill = kill
        self._renewals = 0

    def __enter__(self) -> "_Deadline":
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._timer.join()

    def renew(self) -> None:
        """Begin to count the seconds anew, at most ``MAX_RENEWALS`` times."""
        self._renewals += 1
        if self._renewals <= MAX_RENEWALS:
            self._timer.cancel()
            self._start()

    def _start(self) -> None:
        self._timer = threading.Timer(self._seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def _end(self) -> None:
        self.is_over.set()
        self._kill()


def _timed_out(timeout_s: float) -> failures.Failure:
    return failures.TimedOut(
        f"The file took longer than {counted(timeout_s, 'second')} and was stopped: "
        "split it or make it simpler, or raise FILE_TIMEOUT on the slaves."
    ).as_failure()


def _crashed(code: int) -> failures.Failure:
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return failures.Crashed(
        f"The worker process crashed on this file ({how}): the file may be damaged in a way that "
        "a library does not handle; try to open and save it again."
    ).as_failure()
