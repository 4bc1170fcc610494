"""Sees jobs through: each from its files to its results, a few of a kind at a time. READ SECOND.

``_process`` tells the story of one job; the engine it asks knows nothing of jobs, and the results
nothing of slaves.
"""

import errno
import importlib
import logging
import os
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone
from typing import Protocol

from master_service.errors import LedgerFull, Stopping
from master_service.jobs.ledger_rows import TOGETHER
from master_service.jobs.model import File, FileState, Job, JobState
from master_service.jobs.progress_recorder import Save, Steps, Survey, Unwanted
from master_service.jobs.results import Results
from master_service.jobs.running_job import LiveJob
from master_service.jobs.store import JobStore
from master_service.monitoring.metrics import Metrics
from master_service.worker import Listener, Pass, PassUnderWay
from protocol.counts import counted
from protocol.failures import Internal
from protocol.task_types import TASK_TYPES, TaskType

_log = logging.getLogger(__name__)

MOST_RUNNING = 4
"""Jobs of one type that are under way at a time: the files of each are held in memory, and more
at a time would not make any of them faster."""
MOST_WAITED_FOR = 32
"""The same for jobs that somebody waits for, beside the others: most of them are small."""
_PAGE_FILES = 2000
_BREATH_S = 0.0001


class Engine(Protocol):
    """What brings files to slaves and outcomes back; ``worker.Worker`` is the one there is."""

    def begin(self, run: str, work: Pass, listener: Listener) -> PassUnderWay:
        """Begin a pass; its ``wait`` comes back when every file has its outcome."""
        ...

    def cancel(self, run: str) -> None:
        """Give up a pass for which nobody waits any more."""
        ...

    def drop(self, run: str, slave: str) -> int:
        """Give a slave nothing more of a pass; returns how many of its files it held."""
        ...


class Runner:
    """Every job that is queued or under way."""

    def __init__(self, store: JobStore, engine: Engine, results: Results, metrics: Metrics) -> None:
        self._store = store
        self._engine = engine
        self._results = results
        self._metrics = metrics
        self._lives: dict[str, LiveJob] = {}
        self._waiting: defaultdict[Lane, deque[LiveJob]] = defaultdict(deque)
        self._running: Counter[Lane] = Counter()
        self._lock = threading.Lock()

    def put(self, job: Job, patience_s: float | None) -> LiveJob:
        """Take a queued job; one that somebody waits for (with patience) has a lane of its own."""
        live = LiveJob(job, patience_s)
        with self._lock:
            self._lives[job.job_id] = live
            if self._has_room(_lane(live)):
                self._launch(live)
            else:
                self._waiting[_lane(live)].append(live)
        return live

    def take_up_again(self) -> None:
        """Go on with the jobs that a master left behind which was stopped or killed."""
        for job in self._store.ledger.jobs_in(JobState.QUEUED):
            _log.info("job %s: going on with it", job.job_id)
            self.put(job, None)

    def live(self, job_id: str) -> LiveJob | None:
        """Return the job if it is queued or under way."""
        return self._lives.get(job_id)

    def queue(self) -> dict[str, float]:
        """Return how many jobs and files have been accepted and have no end yet."""
        jobs = [live.job for live in list(self._lives.values())]
        files = sum(job.total_files - job.ended_files for job in jobs)
        return {"jobs": len(jobs), "files": files}

    def cancel(self, live: LiveJob) -> None:
        """End the job: what has no outcome is cancelled, what is being saved now may be done."""
        # Should the process end on the way: after the next start it goes no further.
        with suppress(LedgerFull):
            self._store.ledger.want_cancel(live.job)
        with live.lock:
            live.cancel()
            self._engine.cancel(live.job.job_id)
        with self._lock:
            waiting = self._waiting[_lane(live)]
            if live in waiting:
                # Its way to the end is short now.
                waiting.remove(live)
                self._launch(live)

    def drop(self, job_id: str, slave: str) -> int:
        """Take from a slave what it holds of a job; returns how many files those were."""
        return self._engine.drop(job_id, slave)

    def stop(self) -> None:
        """Tell everybody who waits for a job that it goes on another time."""
        for live in list(self._lives.values()):
            live.stopped = True
            live.over.set()

    def _launch(self, live: LiveJob) -> None:
        self._running[_lane(live)] += 1
        live.launched = True
        threading.Thread(target=self._run, args=(live,), daemon=True).start()

    def _run(self, live: LiveJob) -> None:
        job = live.job
        try:
            self._process(live)
        except Stopping:
            return  # the ledger says how far it has come
        except Unwanted:
            self._end_early(live)
        except Exception:  # noqa: BLE001 (border of a thread: its job has to have an end)
            _log.exception("job %s went wrong", job.job_id)
            self._end_early(live)
        self._make_way(live)
        live.over.set()

    def _make_way(self, live: LiveJob) -> None:
        lane = _lane(live)
        with self._lock:
            del self._lives[live.job.job_id]
            self._running[lane] -= 1
            if self._waiting[lane] and self._has_room(lane):
                self._launch(self._waiting[lane].popleft())

    def _has_room(self, lane: "Lane") -> bool:
        is_waited_for = lane[1]
        return self._running[lane] < (MOST_WAITED_FOR if is_waited_for else MOST_RUNNING)

    def _process(self, live: LiveJob) -> None:
        """See every file of the job to its end."""
        job, task = live.job, TASK_TYPES[live.job.task_type]
        fit = self._fit(live, task) if task.fit else None
        files = self._files(job, FileState.QUEUED)
        steps = Save(live, files, self._store, self._metrics, self._results, task)
        self._pass(live, task, steps, fit=fit)
        self._finish(live)

    def _fit(self, live: LiveJob, task: TaskType) -> object:
        """Survey every file on the slaves, and put the surveys together, once for each job."""
        fit = self._store.ledger.fit(live.job)
        if fit is None:
            fit = self._patiently(live, lambda: self._survey(live, task))
            # Before anything is made with it: a master that is started again when some files are
            # done already could not survey them once more.
            self._patiently(live, lambda: self._store.ledger.keep_fit(live.job, fit))
        return fit

    def _patiently(self, live: LiveJob, do: Callable[[], object]) -> object:
        """Do something as soon as the disk takes it; raises its error when that takes too long.

        Raises ``Unwanted`` when the job is cancelled meanwhile.
        """
        began: float | None = None
        while True:
            try:
                done = do()
            except (OSError, LedgerFull) as error:
                began = time.monotonic() if began is None else began
                _log.error("job %s can't go on: %s", live.job.job_id, error)
                reason = error if isinstance(error, OSError) else _FULL
                if live.gives_up(reason, began):
                    if live.is_cancelled:
                        raise Unwanted from error
                    raise
            else:
                live.well()
                return done

    def _survey(self, live: LiveJob, task: TaskType) -> object:
        module = importlib.import_module(str(task.fit))
        with module.open_fit(self._store.spool.inputs(live.job.job_id)) as fit:
            files = self._files(live.job, FileState.QUEUED)
            steps = Survey(live, files, self._store, self._metrics, fit)
            self._pass(live, task, steps, survey=True)
            if steps.spoiled is not None:
                raise steps.spoiled
            return fit.finish()

    def _pass(
        self, live: LiveJob, task: TaskType, steps: Steps, survey: bool = False, fit: object = None
    ) -> None:
        parcels = steps.parcels()
        work = Pass(task, parcels, parcels.sizes(), steps.blames(), survey, fit, live.patience_s)
        with live.lock:
            if live.is_cancelled:
                steps.dropped(range(len(parcels)))
                return
            under_way = self._engine.begin(live.job.job_id, work, steps)
        under_way.wait()

    def _files(self, job: Job, *states: FileState) -> list[File]:
        """Return the job's files that stand there, read in pages so that nobody waits for it."""
        found: list[File] = []
        first = 0
        while page := self._store.ledger.files(job.job_id, first, _PAGE_FILES):
            found += [file for file in page if file.state in states]
            first = page[-1].index + 1
            time.sleep(_BREATH_S)
        return found

    def _finish(self, live: LiveJob) -> None:
        job = live.job
        if job.ended_files != job.total_files:
            raise RuntimeError(f"job {job.job_id} would end with files that have no end")
        with suppress(LedgerFull):  # then nobody will know how fast they were
            speeds = live.spans.of_slaves() | {TOGETHER: live.spans.together()}
            self._store.ledger.keep_speeds(job, speeds)
        self._change(job, JobState.CANCELLED if job.cancelled_files else JobState.DONE)
        self._metrics.job_ended(job.task_type, job.state.value)
        told = job.job_id, job.state.value, job.done_files, counted(job.total_files, "file")
        _log.info("job %s: %s, %d of %s done", *told)

    def _end_early(self, live: LiveJob) -> None:
        """Give every file an end when the job can't be seen through, or is not wanted any more."""
        try:
            self._end_files(live)
            self._finish(live)
        except Exception:  # noqa: BLE001 (nothing is left to try; who waits has to be told)
            _log.exception("job %s stands still until the next start", live.job.job_id)

    def _end_files(self, live: LiveJob) -> None:
        job = live.job
        for file in self._files(job, FileState.QUEUED, FileState.RUNNING):
            if live.is_cancelled:
                file.cancel()
            else:
                file.fail(_WENT_WRONG)
            job.count(file)
            self._store.ledger.files_changed(job, [file])
            time.sleep(_BREATH_S)

    def _change(self, job: Job, state: JobState) -> None:
        job.change(state, datetime.now(timezone.utc))
        self._store.ledger.job_changed(job)


Lane = tuple[str, bool]
"""A task type, and whether somebody waits for the job: those of one lane follow each other."""


def _lane(live: LiveJob) -> Lane:
    return live.job.task_type, live.patience_s is not None


_FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
_WENT_WRONG = Internal(
    "The job could not go on because of an internal error or a full disk; the log of the master "
    "has the details. Then try again: retry the job."
).as_failure()
