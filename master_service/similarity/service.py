"""Compares the files of a job in a child process, and keeps the answer beside the job's uploads.

An answer is kept until more files of the job are done, or the job is deleted.
"""

import json
import logging
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from master_service.errors import CantCompare, LedgerFull, NotFound
from master_service.similarity.report import NO_NUMPY, REPORT, VECTORS
from master_service.storage.model import File, Job

_log = logging.getLogger(__name__)

MAX_FILES = 5000
"""Of a job that are compared: the first ones that are done."""
_TIMEOUT_S = 120.0
_WAIT_S = 60.0
"""For other comparisons: one runs at a time."""
_MORE = (
    "Compared are the first {:,} files of the job that are done; split the job to compare all of "
    "its files."
)
_FOLDER = "similar-"

Report = dict[str, Any]


class Similarity:
    """Comparisons of jobs; ``files`` yields a job's files, ``locate`` finds a saved result.

    ``folder`` returns the folder that is deleted together with the job.
    """

    def __init__(
        self,
        files: Callable[[Job], Iterator[File]],
        locate: Callable[[str], Path | None],
        folder: Callable[[str], Path],
    ) -> None:
        self._files = files
        self._locate = locate
        self._folder = folder
        self._lock = threading.Lock()

    def report(self, job: Job) -> Report:
        """Return ``basis``, ``files``, ``near_duplicates``, ``clusters`` and ``warnings``.

        Raises ``CantCompare`` and ``LedgerFull``.
        """
        report: Report = json.loads(self._file(job, REPORT).read_bytes())
        if job.done_files > MAX_FILES:
            report["warnings"].append(_MORE.format(MAX_FILES))
        return report

    def vectors(self, job: Job) -> Path:
        """Return the path of the vectors as .npz; raises also ``NotFound`` where there are none."""
        path = self._file(job, VECTORS)
        if not path.is_file():
            raise NotFound(
                f"Job {job.job_id} has no vectors: no result of it has a vector (task type "
                "embedding) or a perceptual_hash (task type image)."
            )
        return path

    def _file(self, job: Job, name: str) -> Path:
        """Return the path of a file of the answer; it may be one that the comparison lacks."""
        place = self._compared(job)
        if not (place / REPORT).is_file():
            # A comparison of more files has replaced this one meanwhile.
            place = self._compared(job)
        return place / name

    def _compared(self, job: Job) -> Path:
        """Return the folder with the answer, after a comparison where there is none yet."""
        place = self._folder(job.job_id) / f"{_FOLDER}{job.done_files}"
        if place.is_dir():
            return place
        if not self._lock.acquire(timeout=_WAIT_S):
            raise CantCompare("Other jobs are being compared: try again later.")
        try:
            if not place.is_dir():
                self._compare(job, place)
            return place
        finally:
            self._lock.release()

    def _compare(self, job: Job, place: Path) -> None:
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            new = Path(tempfile.mkdtemp(prefix=f"{_FOLDER}new-", dir=place.parent))
        except OSError as error:
            raise LedgerFull from error
        try:
            _run_child({"folder": str(new), "files": list(self._listed(job))})
            for old in place.parent.glob(f"{_FOLDER}*"):
                # Earlier answers, and what a killed master left.
                if old != new:
                    shutil.rmtree(old, ignore_errors=True)
            new.rename(place)
        finally:
            shutil.rmtree(new, ignore_errors=True)

    def _listed(self, job: Job) -> Iterator[dict[str, object]]:
        done = (file for file in self._files(job) if file.saved_file is not None)
        for file in islice(done, MAX_FILES):
            path = self._locate(file.saved_file or "")
            if path is not None:
                yield {
                    "index": file.index,
                    "filename": file.filename,
                    "sha256": file.sha256,
                    "path": str(path.absolute()),
                }


def _run_child(request: dict[str, Any]) -> None:
    """Run ``python -m master_service.similarity``; raises ``CantCompare``."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "master_service.similarity"],
            cwd=Path(__file__).parents[2],
            input=json.dumps(request).encode(),
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CantCompare(
            f"The comparison took longer than {_TIMEOUT_S:.0f} s: split the job, or try again when "
            "this computer has less to do."
        ) from error
    if done.returncode == NO_NUMPY:
        raise CantCompare("The master needs NumPy to compare: pip install -r requirements.txt")
    if done.returncode:
        _log.error("comparison failed: %s", done.stderr.decode(errors="replace")[-2000:])
        raise CantCompare("The comparison failed: the master's log says why.")
