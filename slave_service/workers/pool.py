"""Gives queued files to worker processes and replaces workers that have died.

One thread supervises one worker. A crash, an exceeded deadline or too much memory ends one file and
its worker, and affects no other file. (With tenacity, ``_start_worker`` would be longer.)
"""

import contextlib
import logging
import queue
import tempfile
import threading
import time
from collections.abc import Set
from concurrent.futures import Future
from dataclasses import replace
from enum import Enum
from pathlib import Path

from protocol import failures
from protocol.task_types import TASK_TYPES
from protocol.wire import Outcome
from slave_service.workers.child_process import ChildProcess
from slave_service.workers.worker_handle import (
    FileTask,
    ProcessorSettings,
    SelfTestReport,
    WorkerHandle,
)

_log = logging.getLogger(__name__)

_RESTART_PAUSE_S = 1.0
"""Between attempts to start a worker; limits the CPU time where every attempt fails."""

_IDLE_CHECK_S = 1.0
"""How often a supervising thread checks that its idle worker is alive."""

_LEFT_OUT = "SLAVE_TASK_TYPES leaves it out"


class _State(Enum):
    """What a worker is doing."""

    STARTING = "starting"
    IDLE = "idle"
    BUSY = "busy"


class Pool:
    """``size`` workers that process one file each at a time, in the order of submission."""

    def __init__(
        self,
        size: int,
        file_timeout_s: float,
        worker_memory_bytes: int,
        processor_settings: ProcessorSettings | None = None,
        task_types: Set[str] = frozenset(TASK_TYPES),
    ) -> None:
        self.size = size
        self.task_types = [name for name in TASK_TYPES if name in task_types]
        """What the workers load and test when the pool starts; its user submits no others."""
        self.features: frozenset[str] = frozenset()
        """What jobs with options can need, such as ``ocr:deu``; known after ``start``."""
        self.folder = Path(tempfile.mkdtemp(prefix="slave-"))
        """For uploads and the workers' temporary files; the orphan reaper removes it."""
        self._file_timeout_s = file_timeout_s
        self._memory_bytes = worker_memory_bytes
        self._processor_settings = processor_settings or {}
        self._queue: queue.SimpleQueue[tuple[FileTask, Future[Outcome]] | None] = (
            queue.SimpleQueue()
        )
        self._reaper = ChildProcess(
            "slave_service.workers.orphan_reaper", str(self.folder), folder=self.folder
        )
        self._lock = threading.Lock()
        self._workers: dict[WorkerHandle, _State] = {}
        self._threads: list[threading.Thread] = []
        self._handing_back = False
        self._closing = False

    @property
    def queued(self) -> int:
        """Number of files that no worker has started."""
        return self._queue.qsize()

    @property
    def running(self) -> int:
        """Number of files that workers are processing."""
        return list(self._workers.values()).count(_State.BUSY)

    def start(self) -> SelfTestReport:
        """Start the workers, and return which task types they can do by their self-tests."""
        reports: list[Future[SelfTestReport]] = [Future() for _ in range(self.size)]
        for report in reports:
            thread = threading.Thread(target=self._supervise, args=(report,), daemon=True)
            thread.start()
            self._threads.append(thread)
        all_workers = [report.result() for report in reports]
        reasons = dict(all_workers[0].reasons)
        for worker in all_workers:
            reasons.update({name: reason for name, reason in worker.reasons.items() if reason})
        self.features = all_workers[0].features
        for name in TASK_TYPES:
            reasons.setdefault(name, _LEFT_OUT)
        return replace(all_workers[0], reasons=reasons)

    def submit(self, task: FileTask) -> "Future[Outcome]":
        """Queue one file; the future's result is its outcome, and it never raises."""
        future: Future[Outcome] = Future()
        if self._handing_back:
            # The supervising threads may have ended, and then nothing reads the queue.
            self._complete(None, task, future)
        else:
            self._queue.put((task, future))
        return future

    def hand_back_queued(self) -> None:
        """Complete all files that no worker has started, and later ones, as ``returned``."""
        self._handing_back = True
        with contextlib.suppress(queue.Empty):
            while (entry := self._queue.get_nowait()) is not None:
                self._complete(None, *entry)

    def close(self) -> None:
        """End every worker and remove the temporary folder; further calls do nothing."""
        if self._closing:
            return
        self._closing = True
        self.hand_back_queued()
        for _ in self._threads:
            self._queue.put(None)
        for worker, state in list(self._workers.items()):
            if state is not _State.IDLE:
                worker.kill()
        for thread in self._threads:
            thread.join()
        self._reaper.finish(timeout_s=10)

    def _supervise(self, report: "Future[SelfTestReport]") -> None:
        worker = self._start_worker(report)
        while True:
            try:
                entry = self._queue.get(timeout=_IDLE_CHECK_S)
            except queue.Empty:
                # A worker can die while idle; replacing it now saves the next file the wait.
                worker = self._replace_if_needed(worker)
                continue
            if entry is None:
                break
            worker = self._replace_if_needed(worker)
            # The outcome goes out before the replacement, which takes a while to start.
            self._complete(worker, *entry)
            del entry  # its future would keep the whole result in memory until the next file
            worker = self._replace_if_needed(worker)
        self._remove(worker)

    def _complete(
        self, worker: WorkerHandle | None, task: FileTask, future: "Future[Outcome]"
    ) -> None:
        if future.set_running_or_notify_cancel():
            future.set_result(self._outcome(worker, task))

    def _outcome(self, worker: WorkerHandle | None, task: FileTask) -> Outcome:
        if self._handing_back or worker is None:
            return _not_processed(task)
        self._workers[worker] = _State.BUSY
        outcome = worker.process(task, self._file_timeout_s)
        self._workers[worker] = _State.IDLE
        # A worker that was killed because the pool closes is not a failure of the file.
        return _not_processed(task) if self._closing and outcome.failure else outcome

    def _replace_if_needed(self, worker: WorkerHandle) -> WorkerHandle:
        # A closing pool starts no worker; its threads remove the present ones.
        if self._closing or (worker.is_alive() and not worker.needs_replacement()):
            return worker
        self._remove(worker)
        return self._start_worker()

    def _start_worker(self, report: "Future[SelfTestReport] | None" = None) -> WorkerHandle:
        while True:
            try:
                worker = WorkerHandle(
                    self._memory_bytes,
                    self.folder,
                    self._processor_settings,
                    # A replacement loads the libraries of a type with its first file of that type:
                    # all of them take two seconds of CPU time.
                    prepared=[] if report is None else self.task_types,
                )
            except OSError as error:
                # The system is short of memory or processes for now; without another attempt the
                # slave would have one worker less until it is restarted.
                _log.error("a worker process could not be started (%s); trying again", error)
                time.sleep(_RESTART_PAUSE_S)
                continue
            self._workers[worker] = _State.STARTING
            self._notify_reaper(f"+{worker.pid}")
            self_tests = worker.wait_until_ready()
            self._workers[worker] = _State.IDLE
            if self_tests is not None and report is not None:
                report.set_result(self_tests)
            if self_tests is not None or self._closing:
                return worker
            self._remove(worker)
            _log.error("a worker process ended during its start; trying again")
            time.sleep(_RESTART_PAUSE_S)

    def _remove(self, worker: WorkerHandle) -> None:
        worker.finish()
        del self._workers[worker]
        self._notify_reaper(f"-{worker.pid}")

    def _notify_reaper(self, line: str) -> None:
        with self._lock, contextlib.suppress(OSError):
            self._reaper.stdin.write(f"{line}\n".encode())
            self._reaper.stdin.flush()


def _not_processed(task: FileTask) -> Outcome:
    sentence = "The slave is shutting down and did not process the file; send it to another slave."
    return Outcome(task.filename, failure=failures.NotProcessed(sentence).as_failure())
