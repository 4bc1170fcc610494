"""What requests about jobs contain, and the answers to them."""

from typing import Annotated, Any

from pydantic import BaseModel, Field, model_validator
from typing_extensions import NotRequired, TypeAliasType

from master_service.api.models.fields import (
    DIGITS,
    EXAMPLE_JOB_ID,
    EXAMPLE_RESULT,
    EXAMPLE_SLAVE,
    OPTIONS_TEXT,
    Count,
    FileIndex,
    JobId,
    JsonObject,
    Number,
    OptionValues,
    Rule,
    SavedPath,
    SlaveName,
    TaskType,
    Time,
    example,
)
from master_service.storage.model import FileState, JobState
from protocol.options import check
from protocol.task_types import TASK_TYPES


class IdempotencyHeaders(BaseModel):
    """The headers of a call that creates something."""

    idempotency_key: Annotated[
        Annotated[str, Field(pattern="^[!-~]([ -~]{0,253}[!-~])?$")] | None,
        Field(
            alias="Idempotency-Key",
            description="A text of the caller's own, a new one for each request. The same key "
            "with the same content gives the same answer again; with other content it is a 422.",
            examples=["holiday-pictures-1"],
        ),
        Rule("1 to 255 printable characters of ASCII"),
    ] = None


class AssignTaskHeaders(IdempotencyHeaders):
    """The headers of ``/assign_task``."""

    prefer: str | None = Field(
        None,
        alias="Prefer",
        description="respond-async: answer 202 at once instead of waiting for the job (RFC 7240).",
        examples=["respond-async"],
    )

    @property
    def respond_async(self) -> bool:
        """Whether the client prefers an answer before the job is over."""
        preferences = (self.prefer or "").split(",")
        return any(p.partition(";")[0].strip().lower() == "respond-async" for p in preferences)


_LIMIT = "How many to return at most."


class _Page(BaseModel):
    offset: Annotated[int, DIGITS] = Field(
        0, ge=0, le=2**53, description="How many to skip at the beginning."
    )


class JobListQuery(_Page):
    """Which jobs to list."""

    limit: Annotated[int, DIGITS] = Field(100, ge=0, le=1000, description=_LIMIT)
    id_prefix: Annotated[
        Annotated[str, Field(pattern="^[A-Za-z0-9_-]{4,64}$")] | None,
        Rule("4 to 64 of the characters a-z, A-Z, 0-9, _ and -"),
    ] = Field(None, description="Jobs whose ids begin with this alone.")


class JobQuery(_Page):
    """Which files of a job to list, and whether to wait for its end."""

    limit: Annotated[int, DIGITS] = Field(1000, ge=0, le=10_000, description=_LIMIT)
    state: Annotated[FileState | None, Rule(f"one of {', '.join(FileState)}")] = Field(
        None, description="Files in this state alone."
    )
    code: str | None = Field(None, description="Files that failed with this code alone.")
    wait: Annotated[int, DIGITS] = Field(
        0,
        ge=0,
        le=60,
        description="Seconds that the answer waits at most for the end of a queued or running job.",
    )


class NewJob(BaseModel):
    """A job without files."""

    task_type: Annotated[TaskType, example("text")]
    options: Annotated[
        OptionValues,
        Field(default_factory=dict, description=OPTIONS_TEXT, examples=[{}]),
        Rule("an object of texts, by the names of the options"),
    ]

    @model_validator(mode="after")
    def _check_options(self) -> "NewJob":
        if (task := TASK_TYPES.get(self.task_type)) is not None:
            self.options = dict(check(self.options, task.options))
        return self  # an unknown task type has a refusal of its own


class ExcludedSlave(BaseModel):
    """The slave that is to get no more files of the job."""

    slave: SlaveName


class JobReference(JsonObject):
    """The id of a job, and the path of its state."""

    job_id: JobId
    status_url: Annotated[str, example(f"/jobs/{EXAMPLE_JOB_ID}")]


class FileIndexes(JsonObject):
    """The places of these files in the job."""

    indexes: list[FileIndex]


_SHA256 = "6189c503b5a3aaebd275d7a77ae19a012b36374e2bb6ed2c30c9fd2499756ba6"
_TaskTypeName = Annotated[str, example("text")]
_Code = Annotated[str, example("empty")]
_ErrorText = Annotated[str, example("The file is empty (0 bytes): there is nothing to process.")]
_Warnings = Annotated[list[str], example([])]


class JobFile(JsonObject):
    """One file of a job."""

    index: FileIndex
    filename: Annotated[str, example("letter.txt")]
    """As it was sent, with its folders."""
    size: Annotated[Count, example(402)]
    """In bytes."""
    sha256: Annotated[str, example(_SHA256)]
    state: Annotated[FileState, example("done")]
    attempts: Annotated[Count, example(1)]
    """How many times the file was handed to a slave."""
    slave: Annotated[str | None, example(EXAMPLE_SLAVE)]
    """The slave that had it last, as ip:port."""
    saved_file: Annotated[str | None, example(EXAMPLE_RESULT)]
    """The path of the result on the master's computer."""
    result_sha256: Annotated[str | None, example(_SHA256)]
    code: _Code | None
    """The kind of failure, for programs, such as corrupt or timeout."""
    error: _ErrorText | None
    """What is wrong with the file and what to do, for people."""
    warnings: _Warnings
    """What the result leaves out, and what to do about it."""


class JobOverview(JsonObject):
    """The job as it is now, without its files."""

    job_id: JobId
    task_type: _TaskTypeName
    options: Annotated[OptionValues, example({})]
    """Those that the job was sent with."""
    state: Annotated[JobState, example("running")]
    created_at: Time
    started_at: Annotated[Time | None, example("2026-03-14T15:09:26.538Z")]
    finished_at: Time | None
    total_files: Annotated[Count, example(2)]
    done_files: Annotated[Count, example(1)]
    failed_files: Count
    cancelled_files: Count
    bytes_received: Annotated[Count, example(812)]
    files_per_second: Annotated[Number | None, example(50.0)]
    seconds_left: Annotated[Number | None, example(0.1)]
    # A text below the field would be missing in ``Job``, which inherits it.
    waiting_for: Annotated[
        str | None,
        Field(description="Why a job makes no progress: no slave, a full disk, other jobs."),
    ]


class Job(JobOverview):
    """The job, with a page of its files."""

    files: list[JobFile]


class JobList(JsonObject):
    """A page of the jobs, without their files."""

    jobs: list[JobOverview]


class SavedFile(JsonObject):
    """A file that is done."""

    index: FileIndex
    saved_file: SavedPath
    warnings: NotRequired[_Warnings]
    """What the result leaves out, and what to do about it."""


class FailedFile(JsonObject):
    """A file that has failed."""

    index: FileIndex
    filename: Annotated[str, example("b.txt")]
    code: _Code
    """The kind of failure, for programs, such as corrupt or timeout."""
    error: _ErrorText
    """What is wrong with the file and what to do, for people."""


class Statistics(JsonObject):
    """The speed of a job that is over."""

    elapsed_seconds: Annotated[Number, example(0.04)]
    files_per_second: Annotated[Number, example(25.0)]
    bytes_received: Annotated[Count, example(812)]
    slaves: Annotated[dict[str, Count], example({EXAMPLE_SLAVE: 1})]
    """Files done by each slave (ip:port)."""


class Summary(JsonObject):
    """The summary of the job, also where every file failed."""

    message: Annotated[str, example("Text processing complete, but 1 of 2 files failed")]
    task_type: _TaskTypeName
    total_files_processed: Annotated[Count, example(1)]
    """Only the files that are done."""
    saved_files: list[SavedPath]
    files: list[SavedFile]
    job_id: JobId
    failed_files: list[FailedFile]
    statistics: Statistics


class JobSlaves(JsonObject):
    """Counts and rates by slave (ip:port)."""

    job_id: JobId
    by_slave: Annotated[dict[str, Count], example({EXAMPLE_SLAVE: 1})]
    files_per_second: Annotated[dict[str, Number], example({EXAMPLE_SLAVE: 25.2})]
    together: Annotated[Number, example(25.2)]
    """Files per second of all slaves together."""


class JobFailures(JsonObject):
    """Counts by code."""

    job_id: JobId
    by_code: Annotated[dict[str, Count], example({"empty": 1})]


class SlaveExcluded(JsonObject):
    """How many files went to other slaves."""

    job_id: JobId
    slave: SlaveName
    files_moved: Annotated[Count, example(12)]


ResultName = Annotated[str, Field(description="The last part of saved_file.")]
_RESULT_EXAMPLE = {"word_count": 3, "character_count": 12, "sentence_count": 1}
Result = TypeAliasType(
    "Result",
    Annotated[
        dict[str, Any],
        Field(
            description="One result; docs/results.md lists its keys.", examples=[_RESULT_EXAMPLE]
        ),
    ],
)
