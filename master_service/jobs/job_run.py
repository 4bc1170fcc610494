"""The run of one job: its files in the engine, and what is recorded of them."""

from collections.abc import Collection, Sequence
from contextlib import closing

from master_service.engine import ActiveRun, Engine, RunRequest
from master_service.jobs.progress_recorder import ProgressRecorder
from master_service.jobs.running_job import RunningJob
from master_service.storage.model import File
from protocol.task_types import TASK_TYPES


class JobRun:
    """A run that has begun; an open one may get more files.

    Files may be added before their request is accepted: they are processed, but the ledger
    doesn't have them, and what becomes of them shows only when they are accepted.
    """

    def __init__(
        self, running_job: RunningJob, recorder: ProgressRecorder, engine: Engine, is_open: bool
    ) -> None:
        self.running_job = running_job
        self._recorder = recorder
        self._engine = engine
        self._name = running_job.job.job_id
        self._active_run = self._begin(is_open)

    def _begin(self, is_open: bool) -> ActiveRun | None:
        """Begin the run; return None where the job was cancelled before."""
        job, inputs = self.running_job.job, self._recorder.inputs()
        request = RunRequest(
            TASK_TYPES[job.task_type],
            inputs,
            inputs.sizes(),
            self._recorder.blamed_by_position(),
            None if is_open else self.running_job.blocked_timeout_s,
            job.options,
            is_open,
            self._recorder.sink_factory(),
        )
        with self.running_job.lock:
            if self.running_job.is_cancelled:
                self._recorder.cancelled(range(len(inputs)))
                return None
            return self._engine.begin(self._name, request, self._recorder)

    @property
    def form_field(self) -> str:
        """The form field of the files of its task type."""
        return TASK_TYPES[self.running_job.job.task_type].form_field

    @property
    def is_idle(self) -> bool:
        """Whether an open run has no files at the moment."""
        return self._active_run is None or self._active_run.unfinished <= 1

    def add(self, files: Sequence[File], is_provisional: bool) -> list[int]:
        """Add files to an open run; return their positions."""
        positions = self._recorder.add(files, is_provisional)
        self._engine.extend(self._name, [file.size for file in files])
        return positions

    def accept(self, positions: Collection[int]) -> None:
        """Record that the ledger has these provisional files now."""
        self._recorder.accept(positions)

    def reject(self, positions: Collection[int]) -> None:
        """Drop provisional files; their results are deleted."""
        self._engine.withdraw(self._name, positions)
        self._recorder.reject(positions)

    def finish_held(self) -> None:
        """Save the results of accepted files that ended before they were accepted."""
        self._recorder.finish_held()

    def abandon(self) -> None:
        """End an open run whose job is not accepted, or was deleted."""
        self.running_job.cancel()
        self._engine.cancel(self._name)
        self._recorder.close()

    def finish(self) -> None:
        """Process the files that are left, and save all results.

        Raises ``ShuttingDown`` if the master stops first, and ``JobCancelled``.
        """
        with closing(self._recorder):
            if self._active_run is not None:
                if self._active_run.is_open:
                    # Those of a request that is still arriving: it will be refused.
                    self.reject(self._recorder.provisional())
                    self._engine.complete(self._name, self.running_job.blocked_timeout_s)
                self._active_run.wait()
                # Such a request may have sent more files until then.
                self._recorder.reject(self._recorder.provisional())
            self._recorder.complete()
