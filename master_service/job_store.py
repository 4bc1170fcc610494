"""Keeps jobs and their uploads behind one interface; here in memory and a spool folder."""

import shutil
import tempfile
from pathlib import Path
from typing import Protocol

from master_service.jobs import File, Job


class JobStore(Protocol):
    """What the service asks of a store; what it has been told is safe once a call returns."""

    def incoming(self) -> Path:
        """Return a new folder for uploads that no job has taken yet; the caller removes it."""
        ...

    def add(self, job: Job) -> None:
        """Take a new job."""
        ...

    def take_input(self, job: Job, file: File, upload: Path) -> None:
        """Take a new file of the job, and move its uploaded bytes to where ``inputs`` says."""
        ...

    def inputs(self, job: Job) -> Path:
        """Return the folder where the bytes of the job's files lie, each named by its index."""
        ...

    def job_changed(self, job: Job) -> None:
        """Note the job's new state."""
        ...

    def file_changed(self, job: Job, file: File) -> None:
        """Note the new state of one of the job's files."""
        ...

    def remove(self, job: Job) -> None:
        """Forget the job and delete its uploads."""
        ...


class MemoryJobStore:
    """Jobs in a dictionary: gone with the process, so what lies in the spool then is removed."""

    def __init__(self, spool_dir: Path) -> None:
        self._incoming = spool_dir / "incoming"
        self._inputs = spool_dir / "jobs"
        for folder in (self._incoming, self._inputs):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        self._jobs: dict[str, Job] = {}

    def incoming(self) -> Path:
        """Return a new folder for uploads that no job has taken yet; the caller removes it."""
        # Made again where somebody has tidied it away.
        self._incoming.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(dir=self._incoming))

    def add(self, job: Job) -> None:
        """Take a new job."""
        self.inputs(job).mkdir(parents=True)
        self._jobs[job.job_id] = job

    def take_input(self, job: Job, file: File, upload: Path) -> None:
        """Move the uploaded bytes to the job's inputs; the file is in the job already."""
        upload.rename(self.inputs(job) / str(file.index))

    def inputs(self, job: Job) -> Path:
        """Return the folder where the bytes of the job's files lie, each named by its index."""
        return self._inputs / job.job_id

    def job_changed(self, job: Job) -> None:
        """Do nothing: the object itself is what is stored."""

    def file_changed(self, job: Job, file: File) -> None:
        """Do nothing: the object itself is what is stored."""

    def remove(self, job: Job) -> None:
        """Forget the job and delete its uploads."""
        self._jobs.pop(job.job_id, None)
        shutil.rmtree(self.inputs(job), ignore_errors=True)
