"""Keeps the worker processes busy with the files that wait, and replaces those that die.

One thread looks after one worker. A crash, a deadline or too much memory costs the one file and
its worker, never another file.
"""

import contextlib
import logging
import queue
import tempfile
import threading
import time
from concurrent.futures import Future
from dataclasses import replace
from enum import Enum
from pathlib import Path

from protocol import failures
from protocol.wire import Outcome
from slave_service.workers.child_process import Child
from slave_service.workers.worker import FileTask, ProcessorSettings, Readiness, Worker

_log = logging.getLogger(__name__)

_RESTART_PAUSE_S = 1.0
"""Between tries to start a worker that dies while it starts, so as not to burn a CPU."""


_LOOK_S = 1.0
"""How often an idle worker is looked at."""


class _State(Enum):
    """What a worker is about."""

    STARTING = "starting"
    IDLE = "idle"
    BUSY = "busy"


class Pool:
    """``size`` workers, each with one file at a time; files wait in the order they came."""

    def __init__(
        self,
        size: int,
        file_timeout_s: float,
        worker_memory_bytes: int,
        processor_settings: ProcessorSettings | None = None,
    ) -> None:
        self.size = size
        self.folder = Path(tempfile.mkdtemp(prefix="slave-"))
        """For uploads and the workers' temporary files; gone when the slave is."""
        self._file_timeout_s = file_timeout_s
        self._memory_bytes = worker_memory_bytes
        self._processor_settings = processor_settings or {}
        self._orders: queue.SimpleQueue[tuple[FileTask, Future[Outcome]] | None] = (
            queue.SimpleQueue()
        )
        self._guard = Child(
            "slave_service.workers.orphan_reaper", str(self.folder), folder=self.folder
        )
        self._lock = threading.Lock()
        self._workers: dict[Worker, _State] = {}
        self._threads: list[threading.Thread] = []
        self._returning = False
        self._closing = False

    @property
    def waiting(self) -> int:
        """Files that no worker has begun."""
        return self._orders.qsize()

    @property
    def running(self) -> int:
        """Files that workers hold at this moment."""
        return list(self._workers.values()).count(_State.BUSY)

    def start(self) -> Readiness:
        """Start and warm the workers; a type is possible when every worker passed its test."""
        reports: list[Future[Readiness]] = [Future() for _ in range(self.size)]
        for report in reports:
            thread = threading.Thread(target=self._look_after_one, args=(report,), daemon=True)
            thread.start()
            self._threads.append(thread)
        all_workers = [report.result() for report in reports]
        reasons = dict(all_workers[0].reasons)
        for worker in all_workers:
            reasons.update({name: reason for name, reason in worker.reasons.items() if reason})
        return replace(all_workers[0], reasons=reasons)

    def submit(self, order: FileTask) -> "Future[Outcome]":
        """Queue one file; the future ends with its outcome, and never with an exception."""
        future: Future[Outcome] = Future()
        if self._returning:
            # Perhaps nobody looks into the queue any more.
            self._work_on(None, order, future)
        else:
            self._orders.put((order, future))
        return future

    def return_waiting(self) -> None:
        """Hand back, now and from here on, every file that no worker has begun."""
        self._returning = True
        with contextlib.suppress(queue.Empty):
            while (entry := self._orders.get_nowait()) is not None:
                self._work_on(None, *entry)

    def close(self) -> None:
        """End every worker, idle or not, and remove the temporary folder; once is enough."""
        if self._closing:
            return
        self._closing = True
        self.return_waiting()
        for _ in self._threads:
            self._orders.put(None)
        for worker, state in list(self._workers.items()):
            if state is not _State.IDLE:
                worker.kill()
        for thread in self._threads:
            thread.join()
        self._guard.finish(patience_s=10)

    def _look_after_one(self, report: "Future[Readiness]") -> None:
        worker = self._start_worker(report)
        while True:
            try:
                entry = self._orders.get(timeout=_LOOK_S)
            except queue.Empty:
                # It may have died idle, and no file should have to wait for its successor.
                worker = self._replace_if_over(worker)
                continue
            if entry is None:
                break
            worker = self._replace_if_over(worker)
            # First the answer, then the replacement, which takes seconds to warm up.
            self._work_on(worker, *entry)
            del entry  # with the file's whole result in it, until the next one comes
            worker = self._replace_if_over(worker)
        self._remove(worker)

    def _work_on(self, worker: Worker | None, order: FileTask, future: "Future[Outcome]") -> None:
        if future.set_running_or_notify_cancel():
            future.set_result(self._outcome(worker, order))

    def _outcome(self, worker: Worker | None, order: FileTask) -> Outcome:
        if self._returning or worker is None:
            return _returned(order)
        self._workers[worker] = _State.BUSY
        outcome = worker.process(order, self._file_timeout_s)
        self._workers[worker] = _State.IDLE
        # What died because the pool closes is nobody's fault.
        return _returned(order) if self._closing and outcome.failure else outcome

    def _replace_if_over(self, worker: Worker) -> Worker:
        # While the pool closes nobody needs another; this one is removed with all others.
        if self._closing or (worker.is_alive() and not worker.needs_replacement()):
            return worker
        self._remove(worker)
        return self._start_worker()

    def _start_worker(self, report: "Future[Readiness] | None" = None) -> Worker:
        while True:
            try:
                worker = Worker(self._memory_bytes, self.folder, self._processor_settings)
            except OSError as error:
                # No memory or no process to be had just now; without another try the slave
                # would go on with one worker fewer for good.
                _log.error("no worker process can be started (%s); trying again", error)
                time.sleep(_RESTART_PAUSE_S)
                continue
            self._workers[worker] = _State.STARTING
            self._tell_guard(f"+{worker.pid}")
            readiness = worker.warm_up()
            self._workers[worker] = _State.IDLE
            if readiness is not None and report is not None:
                report.set_result(readiness)
            if readiness is not None or self._closing:
                return worker
            self._remove(worker)
            _log.error("a worker process died while it started; trying again")
            time.sleep(_RESTART_PAUSE_S)

    def _remove(self, worker: Worker) -> None:
        worker.finish()
        del self._workers[worker]
        self._tell_guard(f"-{worker.pid}")

    def _tell_guard(self, line: str) -> None:
        with self._lock, contextlib.suppress(OSError):
            self._guard.stdin.write(f"{line}\n".encode())
            self._guard.stdin.flush()


def _returned(order: FileTask) -> Outcome:
    sentence = "The slave is shutting down and hands the file back; send it to another slave."
    return Outcome(order.filename, failure=failures.Returned(sentence).as_failure())
