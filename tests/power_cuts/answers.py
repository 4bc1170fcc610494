"""What clients have been told: what must be true after a loss of power."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Json = dict[str, Any]
Part = tuple[str, bytes]


class Request(NamedTuple):
    """A request with an Idempotency-Key, to be sent again."""

    path: str
    key: str
    content: Mapping[str, Any]


@dataclass(slots=True)
class ToldJob:
    """What is known of one job; files by their index."""

    job_id: str
    files: dict[int, Part] = field(default_factory=dict)
    """The accepted ones, as sent."""
    ends: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    """What ``ending`` returned of files that are done, failed or cancelled."""
    is_started: bool = False
    state: str | None = None
    """``done`` or ``cancelled``, once it was told."""
    summaries: list[Json] = field(default_factory=list)
    seen_uploads: set[int] = field(default_factory=set)
    """Those that were there after an earlier cut: what a disk has, a cut does not take away."""


class Answers:
    """All that was told; filled by several threads."""

    def __init__(self) -> None:
        self.jobs: dict[str, ToldJob] = {}
        self.replies: list[tuple[Request, Json]] = []
        self.refusals: list[str] = []
        """Answers that no client should get."""
        self.count = 0
        self.came = threading.Condition()

    def job(self, job_id: str) -> ToldJob:
        """Return what was told of a job."""
        with self.came:
            return self.jobs.setdefault(job_id, ToldJob(job_id))

    def replied(self, request: Request, answer: Json) -> None:
        """Record the answer to a request with a key."""
        with self.came:
            self.replies.append((request, answer))

    def accepted(self, job_id: str, indexes: Sequence[int], files: Sequence[Part]) -> None:
        """Record that files are safe."""
        self.job(job_id).files.update(zip(indexes, files, strict=True))

    def described(self, told: Json) -> None:
        """Record the answer to ``GET /jobs/<id>``."""
        job = self.job(told["job_id"])
        job.is_started |= told["state"] != "open"
        if told["state"] in ("done", "cancelled"):
            job.state = told["state"]
        job.ends.update(
            (file["index"], ending(file))
            for file in told["files"]
            if file["state"] in ("done", "failed", "cancelled")
        )

    def note(self) -> None:
        """Count an answer, which ``came`` is notified of."""
        with self.came:
            self.count += 1
            self.came.notify_all()


def ending(file: Json) -> tuple[Any, ...]:
    """Return what was told of the end of a file."""
    return tuple(file[key] for key in ("state", "saved_file", "result_sha256", "code"))
