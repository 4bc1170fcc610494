"""Processes the uploads of one request while it arrives, before it is accepted or refused.

Of a new job (``/assign_task``), work begins with the first upload after the field ``task_type``; of
an open job, with the first upload. A request that breaks off or is refused leaves nothing.
"""

import logging
import threading
from collections.abc import Callable, Sequence

from master_service.errors import InvalidRequest
from master_service.jobs.creation import new_file, new_job, options_of
from master_service.jobs.job_run import JobRun
from master_service.jobs.runner import Runner
from master_service.storage.model import File, FileState, Job, JobState
from master_service.storage.spool import Spool, upload_name
from protocol.options import Options
from protocol.server.multipart_receiver import Form, Upload
from protocol.task_types import TASK_TYPES

_log = logging.getLogger(__name__)

BeginRun = Callable[[Form], "JobRun | None"]
"""Returns the run that gets the files of a request, by the fields received so far; None if the
files are not processed yet."""


def begin_new_job(runner: Runner, job_id: str, form: Form) -> JobRun | None:
    """Begin the run of a job whose request is arriving; None without its task type so far."""
    task = TASK_TYPES.get(form.fields.get("task_type", ""))
    if task is None:
        return None
    try:
        job = new_job(job_id, task.name, JobState.QUEUED, options_of(task, form))
    except InvalidRequest:
        return None  # it will be refused
    return runner.begin_early(job, is_accepted=False)


class Arrival:
    """A request whose uploads are received in ``folder``, as those of the job ``job_id``."""

    def __init__(
        self,
        spool: Spool,
        job_id: str,
        max_file_bytes: int,
        begin_run: BeginRun | None,
        forget: Callable[[str], None],
    ) -> None:
        """Create the folder; raises ``OSError``.

        Without ``begin_run`` no file is processed. ``forget`` ends the run of a new job.
        """
        self.job_id = job_id
        self.folder = spool.request_folder(job_id)
        self._spool = spool
        self._max_file_bytes = max_file_bytes
        self._begin_run = begin_run
        self._forget = forget
        self._run: JobRun | None = None
        self._early: dict[str, tuple[int, File]] = {}
        """By the name of each upload that is processed: its position in the run, and its file."""
        self._is_accepted = False

    def upload_received(self, form: Form, upload: Upload) -> None:
        """Begin to process an upload that has been stored; never raises.

        If that is not possible now, the file is processed when the request has been accepted.
        """
        if self._begin_run is None or upload.too_large:
            return
        try:
            self._run = self._run or self._begin_run(form)
            if self._run is not None and upload.field == self._run.form_field:
                file = new_file(upload, 0, self._max_file_bytes)
                (position,) = self._run.add([file], is_provisional=True)
                self._early[upload_name(upload.path)] = position, file
        except Exception:  # noqa: BLE001 (the request goes on without)
            _log.exception("job %s: a file can't be processed before its request", self.job_id)
            self._begin_run = None

    def begun_job(self, task_type: str, options: Options) -> Job | None:
        """Return the new job that is processed already; None where it has other options.

        The request may have had more fields after its first files.
        """
        if self._run is None:
            return None
        job = self._run.running_job.job
        if (job.task_type, dict(job.options)) == (task_type, dict(options)):
            return job
        self._withdraw()
        return None

    def files(self, uploads: Sequence[Upload], first_index: int) -> list[File]:
        """Return the files of the uploads, which get the indexes from ``first_index`` on."""
        files = []
        for index, upload in enumerate(uploads, start=first_index):
            _, early = self._early.get(upload_name(upload.path), (None, None))
            file = early or new_file(upload, index, self._max_file_bytes)
            file.index = index
            files.append(file)
        return files

    def accept(self, files: Sequence[File], run: JobRun | None) -> None:
        """Keep the uploads, which the ledger now lists; ``run`` is that of the job, if any."""
        self._is_accepted = True
        if run is None:
            return
        run.running_job.is_accepted = True
        run.accept([position for position, _ in self._early.values()])
        later = [file for file in files if file.upload not in self._early]
        waiting = [file for file in later if file.state is FileState.QUEUED]
        if waiting:
            run.add(waiting, is_provisional=False)
        threading.Thread(target=run.finish_held, daemon=True).start()

    def close(self) -> None:
        """Drop the files with their uploads and results, unless they were accepted."""
        if not self._is_accepted:
            self._withdraw()
            self._spool.discard(self.folder)

    def _withdraw(self) -> None:
        if self._run is not None and self._run.running_job.is_accepted:
            self._run.reject([position for position, _ in self._early.values()])
        elif self._run is not None:
            self._forget(self.job_id)
        self._run = None
        self._early.clear()
