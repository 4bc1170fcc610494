"""One job, from files to results. READ FIRST.

``process`` tells the whole story; the engine it asks knows nothing of jobs, and the results
nothing of slaves.
"""

import importlib
import json
import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Protocol

from master_service.errors import NoFiles, NoSlaves, UnknownTaskType
from master_service.job_store import JobStore
from master_service.jobs import File, FileState, Job, JobState
from master_service.results import Results
from master_service.transport import Parcel
from master_service.worker import Listener, Pass
from slave_service.errors import Failure, Internal, TooLarge
from slave_service.intake import Form, Upload
from slave_service.task_types import TASK_TYPES, TaskType
from slave_service.wire import Outcome

_log = logging.getLogger(__name__)


class Engine(Protocol):
    """What brings files to slaves and outcomes back; ``worker.Worker`` is the one there is."""

    def run(self, work: Pass, listener: Listener) -> None:
        """Come back when every file of the pass has its outcome."""
        ...


@dataclass(frozen=True, slots=True)
class Service:
    """Takes jobs in and sees them through.

    ``why_unavailable`` says why no slave can do a task type, or None; ``patience_s`` is how long
    a job that somebody waits for goes on when its last slave is gone.
    """

    store: JobStore
    engine: Engine
    results: Results
    why_unavailable: Callable[[str], str | None]
    patience_s: float
    max_file_bytes: int

    def accept(self, task_type: str, form: Form) -> Job:
        """Make a job of what was uploaded in the task type's own field.

        Raises a ``Refusal`` where that can't be; a file over the limit only fails by itself.
        """
        task = TASK_TYPES.get(task_type)
        if task is None:
            raise UnknownTaskType(task_type)
        uploads = [upload for upload in form.uploads if upload.field == task.form_field]
        if not uploads:
            raise NoFiles(task_type)
        if reason := self.why_unavailable(task_type):
            raise NoSlaves(reason)
        job = Job(uuid.uuid4().hex, task_type, _now(), bytes_received=form.bytes_received)
        self.store.add(job)
        for upload in uploads:
            self._add(job, upload)
        self._change(job, JobState.QUEUED)
        return job

    def process(self, job: Job) -> float:
        """See every file of the job to its end; returns how long that took, in seconds."""
        began = time.monotonic()
        task = TASK_TYPES[job.task_type]
        self._change(job, JobState.RUNNING)
        fit = self._fit(job, task) if task.fit else None
        self._pass(job, task, _Save(self, job, task), fit=fit)
        self._change(job, JobState.DONE)
        return time.monotonic() - began

    def _add(self, job: Job, upload: Upload) -> None:
        file = File(len(job.files), upload.filename, upload.size, upload.sha256)
        job.files.append(file)
        self.store.take_input(job, file, upload.path)
        if upload.too_large:
            file.fail(_too_large(upload, self.max_file_bytes))
            self.store.file_changed(job, file)

    def _change(self, job: Job, state: JobState) -> None:
        job.change(state, _now())
        self.store.job_changed(job)

    def _fit(self, job: Job, task: TaskType) -> object:
        """Survey every file on the slaves, and put the surveys together."""
        module = importlib.import_module(str(task.fit))
        with module.open_fit(self.store.inputs(job)) as fit:
            self._pass(job, task, _Survey(self, job, fit), survey=True)
            return fit.finish()

    def _pass(
        self, job: Job, task: TaskType, steps: "_Steps", survey: bool = False, fit: object = None
    ) -> None:
        steps.files = job.in_state(FileState.QUEUED)
        inputs = self.store.inputs(job)
        parcels = [Parcel(f.filename, inputs / str(f.index), f.size) for f in steps.files]
        self.engine.run(Pass(task, parcels, survey, fit, self.patience_s), steps)


class _Fit(Protocol):
    def add(self, survey: object) -> None: ...


class _Steps:
    """Keeps the ledger while a pass is under way; what an outcome means, its heirs know."""

    def __init__(self, service: Service, job: Job) -> None:
        self.service = service
        self.job = job
        self.files: list[File] = []

    def handed_over(self, position: int, slave: str) -> None:
        file = self.files[position]
        file.hand_over(slave)
        self.service.store.file_changed(self.job, file)

    def taken_back(self, position: int) -> None:
        file = self.files[position]
        file.take_back()
        self.service.store.file_changed(self.job, file)

    def ended(self, position: int, outcome: Outcome) -> None:
        file = self.files[position]
        try:
            failure = outcome.failure or self.take(file, outcome.data or b"")
        except Exception:  # noqa: BLE001 (whatever a result runs into, its file has an end)
            _log.exception("job %s: file %d: its result is lost", self.job.job_id, file.index)
            failure = _lost_result()
        if failure is not None:
            file.fail(failure)
            _log.info("job %s: %r failed: %s", self.job.job_id, file.filename, failure.code)
        self.service.store.file_changed(self.job, file)

    def take(self, file: File, data: bytes) -> Failure | None:
        """Make something of the bytes a slave answered; returns why that was not possible."""
        raise NotImplementedError


class _Survey(_Steps):
    """The first of two passes: every answer goes into the fit."""

    def __init__(self, service: Service, job: Job, fit: _Fit) -> None:
        super().__init__(service, job)
        self._fit = fit

    def take(self, file: File, data: bytes) -> Failure | None:
        try:
            self._fit.add(json.loads(data))
        except ValueError as error:
            return Internal(f"The slave's survey of the file makes no sense: {error}").as_failure()
        file.take_back()
        return None


class _Save(_Steps):
    """The pass that gives results: every answer is written, under the upload's name."""

    def __init__(self, service: Service, job: Job, task: TaskType) -> None:
        super().__init__(service, job)
        self._task = task

    def take(self, file: File, data: bytes) -> Failure | None:
        try:
            saved = self.service.results.save(self._task, file.filename, data)
        except OSError as error:
            _log.error("a result can't be written: %s", error)
            return Internal(
                f"The result could not be written on the master ({error.strerror}): make room or "
                "give access to RESULTS_DIR, then send the file again."
            ).as_failure()
        file.finish(saved.path, saved.sha256)
        return None


def _lost_result() -> Failure:
    return Internal(
        "The result could not be taken in because of an internal error; the log of the master "
        "has the details."
    ).as_failure()


def _too_large(upload: Upload, max_bytes: int) -> Failure:
    return TooLarge(
        f"The file has {upload.size} bytes, more than the {max_bytes} that are allowed: make it "
        "smaller, or raise MAX_FILE_SIZE on the master."
    ).as_failure()


def _now() -> datetime:
    return datetime.now(timezone.utc)
