"""Creates ``Job`` and ``File`` objects from uploads; stores nothing."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timezone

from master_service.errors import InvalidRequest, NoFiles, UnknownTaskType
from master_service.storage.model import File, Job, JobState
from master_service.storage.spool import upload_name
from protocol import options
from protocol.counts import counted
from protocol.failures import Failure, TooLarge
from protocol.options import Options
from protocol.server.missing_files import why_no_files
from protocol.server.multipart_receiver import Form, Upload
from protocol.task_types import TASK_TYPES, TaskType


def task_type_of(task_type: str) -> TaskType:
    """Return the task type of that name; raises ``UnknownTaskType``."""
    task = TASK_TYPES.get(task_type)
    if task is None:
        raise UnknownTaskType(task_type)
    return task


def uploads_for(task: TaskType, form: Form) -> list[Upload]:
    """Return the uploads in the task type's own field; raises ``NoFiles`` where there are none."""
    uploads = [upload for upload in form.uploads if upload.field == task.form_field]
    if not uploads:
        raise NoFiles(why_no_files(task, form))
    return uploads


def options_of(task: TaskType, form: Form) -> Options:
    """Return the options of a job in its form; raises ``InvalidRequest``."""
    try:
        return options.parse(form.fields.get(options.FIELD, ""), task.options)
    except ValueError as error:
        raise InvalidRequest(str(error)) from None


def new_job_id() -> str:
    """Return a random id, which can't be guessed."""
    return uuid.uuid4().hex


def new_job(job_id: str, task_type: str, state: JobState, chosen: Options | None = None) -> Job:
    """Return a job without files."""
    return Job(job_id, task_type, datetime.now(timezone.utc), state, options=chosen or {})


def new_file(upload: Upload, index: int, max_file_bytes: int) -> File:
    """Return a new file for an upload; one over ``max_file_bytes`` has failed."""
    kept = None if upload.too_large else upload_name(upload.path)
    file = File(index, upload.filename, upload.size, upload.sha256, kept)
    if upload.too_large:
        file.fail(_too_large(upload, max_file_bytes))
    return file


def new_job_of(old: Job, files: Sequence[File]) -> tuple[Job, list[File]]:
    """Return a queued job of the same type, with new files for some files of an old job."""
    job = new_job(new_job_id(), old.task_type, JobState.QUEUED, old.options)
    copies = [
        File(index, file.filename, file.size, file.sha256) for index, file in enumerate(files)
    ]
    job.add_files(copies, sum(file.size for file in copies))
    return job, copies


def _too_large(upload: Upload, max_bytes: int) -> Failure:
    return TooLarge(
        f"The file has {counted(upload.size, 'byte')}, more than the {max_bytes} allowed: make it "
        "smaller, or raise MAX_FILE_SIZE on the master."
    ).as_failure()
