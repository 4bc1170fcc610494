"""One worker process as the slave sees it: a file goes in as a path and comes out as an outcome."""

import contextlib
import json
import logging
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from protocol import failures
from protocol.counts import counted
from protocol.wire import Outcome, json_bytes, read_warnings
from slave_service.workers.child_process import Child, kill_group

_log = logging.getLogger(__name__)

_WARM_UP_LIMIT_S = 120
"""Loading every library takes some seconds; on a slow, busy computer many."""
_FINISH_LIMIT_S = 5
_OUT_OF_TIME = -getattr(signal, "SIGXCPU", 0) or None
"""The exit code of who has computed for longer than it may, where the system counts that."""


@dataclass(frozen=True, slots=True)
class FileTask:
    """What a worker is to do with one file; see ``task_types`` for surveys and fits."""

    task_type: str
    filename: str
    path: Path
    survey: bool = False
    fit: object = None


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a warm worker says of itself."""

    reasons: dict[str, str | None]
    """For each task type why it can't be done on this computer, or None where it can."""
    versions: dict[str, str]
    """Of programs that results depend on, beyond Python's packages."""
    features: dict[str, object] = field(default_factory=dict)
    """What else processors tell for the registration."""


ProcessorSettings = Mapping[str, Mapping[str, str]]
"""For task types that take settings: the values by the processor's keywords."""


MOST_FILES = 10_000
"""What libraries lose of memory, or break, ends with the process; a new one takes seconds."""


class Worker:
    """A process that takes one file at a time; once dead it stays dead."""

    def __init__(
        self, memory_bytes: int, folder: Path, processor_settings: ProcessorSettings
    ) -> None:
        # Its own, since what it leaves there (Tesseract's copy of a page, say) dies with it.
        self._folder = Path(tempfile.mkdtemp(prefix="worker-", dir=folder))
        module = "slave_service.workers.worker_process"
        settings = json.dumps(processor_settings)
        self._child = Child(module, str(memory_bytes), settings, folder=self._folder)
        self.pid = self._child.pid
        self._files = 0

    def is_alive(self) -> bool:
        """Tell whether the process can take another file."""
        return self._child.is_alive()

    def needs_replacement(self) -> bool:
        """Tell whether the process has had so many files that a fresh one is to take its place."""
        return self._files >= MOST_FILES

    def kill(self) -> None:
        """End the process and all it started; whoever waits for its answer is told at once."""
        kill_group(self.pid)

    def finish(self) -> None:
        """Let the idle process end by itself, make sure that it did, and tidy up after it."""
        self._child.finish(_FINISH_LIMIT_S)
        shutil.rmtree(self._folder, ignore_errors=True)

    def warm_up(self) -> Readiness | None:
        """Wait for the self-tests; returns None when the worker died over them."""
        try:
            with self._deadline(_WARM_UP_LIMIT_S):
                return Readiness(**json.loads(self._child.stdout.readline()))
        except (OSError, ValueError):
            self._child.kill()
            return None

    def process(self, order: FileTask, timeout_s: float) -> Outcome:
        """Have one file processed; a worker that is late or dies over it is killed whole."""
        self._files += 1
        try:
            with self._deadline(timeout_s) as late:
                outcome = self._exchange(order, timeout_s)
        except (OSError, ValueError):
            code = self._child.kill()
            timed_out = late.is_set() or code == _OUT_OF_TIME
            failure = _timed_out(timeout_s) if timed_out else _crashed(code)
            _log.warning("worker %d died over %r: %s", self.pid, order.filename, failure.error)
            return Outcome(order.filename, failure=failure)
        if late.is_set():
            # It answered while it was being killed: the answer counts, the worker is lost.
            self._child.kill()
        return outcome

    def _exchange(self, order: FileTask, timeout_s: float) -> Outcome:
        """Raise OSError or ValueError when the worker dies over it."""
        message = {
            "task_type": order.task_type,
            "path": str(order.path),
            "survey": order.survey,
            "fit": order.fit,
            "timeout_s": timeout_s,
        }
        self._child.stdin.write(json_bytes(message) + b"\n")
        self._child.stdin.flush()
        head = json.loads(self._child.stdout.readline())
        if "error" in head:
            return Outcome(order.filename, failure=failures.Failure(head["code"], head["error"]))
        data = self._child.stdout.read(head["bytes"])
        if len(data) != head["bytes"]:
            raise ValueError("the worker died in the middle of its answer")
        return Outcome(order.filename, data=data, warnings=read_warnings(head.get("warnings")))

    @contextlib.contextmanager
    def _deadline(self, seconds: float) -> Iterator[threading.Event]:
        """Kill the worker, and set the event, when the block takes longer."""
        late = threading.Event()

        def end() -> None:
            late.set()
            self.kill()

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        try:
            yield late
        finally:
            timer.cancel()
            timer.join()


def _timed_out(timeout_s: float) -> failures.Failure:
    return failures.TimedOut(
        f"The file took longer than {counted(timeout_s, 'second')} and was given up: "
        "split it or make it simpler, or raise FILE_TIMEOUT on the slaves."
    ).as_failure()


def _crashed(code: int) -> failures.Failure:
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return failures.Crashed(
        f"The worker process died over this file ({how}): the file may be damaged in a way that "
        "a library can't cope with; try to open and save it again."
    ).as_failure()
