"""The JSON Schemas of the master's requests and answers.

Schema names become class names in generated clients, so they must not change; nested objects have
names of their own for that reason.
"""

from typing import Any

from master_service.jobs.model import FileState, JobState
from protocol.task_types import DEFAULT_TASK_TYPE, TASK_TYPES

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
BINARY: Schema = {"type": "string", "format": "binary"}
"""Raw bytes. OpenAPI 3.1 doesn't need the format, but client generators do."""
SECONDS: Schema = {"type": "integer", "minimum": 0}

_COUNT: Schema = {"type": "integer", "minimum": 0}
_NUMBER: Schema = {"type": "number", "minimum": 0}
_TEXTS: Schema = {"type": "object", "additionalProperties": TEXT}
_TIME: Schema = {"type": "string", "format": "date-time"}
_COUNTS: Schema = {"type": "object", "additionalProperties": _COUNT}
_RATES: Schema = {"type": "object", "additionalProperties": _NUMBER}


def ref(name: str) -> Schema:
    """Return the reference to a schema of this module."""
    return {"$ref": f"#/components/schemas/{name}"}


def _maybe(schema: Schema, description: str = "") -> Schema:
    described = {"description": description} if description else {}
    return schema | {"type": [schema["type"], "null"]} | described


def _described(schema: Schema, description: str) -> Schema:
    return schema | {"description": description}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _enum(values: list[str]) -> Schema:
    return {"type": "string", "enum": values}


def _object(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    required_names = {"required": list(required)} if required else {}
    return {"type": "object", **required_names, "properties": required | (optional or {})}


def _files_by_field() -> dict[str, Schema]:
    """Return a list of files for each form field, with the task types that read it."""
    fields: dict[str, list[str]] = {}
    for task in TASK_TYPES.values():
        fields.setdefault(task.form_field, []).append(task.name)
    return {
        field: _described(_list(BINARY), f"Files of the task types {', '.join(names)}.")
        for field, names in fields.items()
    }


_FORM = (
    "Only the field of the task type is read. Each file needs a file name: a part without one is "
    "ignored, and so are other fields."
)
_TASK_TYPE_FIELD: Schema = {
    "anyOf": [ref("TaskType"), TEXT],
    "default": DEFAULT_TASK_TYPE,
    "description": "One of TaskType; a newer master may know more. Any other value is a 400.",
}
_JOB_WITHOUT_FILES = {
    "job_id": TEXT,
    "task_type": TEXT,
    "state": ref("JobState"),
    "created_at": _TIME,
    "started_at": _maybe(_TIME),
    "finished_at": _maybe(_TIME),
    "total_files": _COUNT,
    "done_files": _COUNT,
    "failed_files": _COUNT,
    "cancelled_files": _COUNT,
    "bytes_received": _COUNT,
    "files_per_second": _maybe(_NUMBER),
    "seconds_left": _maybe(_NUMBER),
    "waiting_for": _maybe(TEXT, "Why a job makes no progress: no slave, a full disk, other jobs."),
}
_FAILURE = {
    "code": _described(TEXT, "The kind of failure, for programs, such as corrupt or timeout."),
    "error": _described(TEXT, "What is wrong with the file and what to do, for people."),
}
_FILE = {
    "index": _described(_COUNT, "The place of the file in the upload."),
    "filename": _described(TEXT, "As it was sent, with its folders."),
    "size": _described(_COUNT, "In bytes."),
    "sha256": TEXT,
    "state": ref("FileState"),
    "attempts": _described(_COUNT, "How many times the file was handed to a slave."),
    "slave": _maybe(TEXT, "The slave that had it last, as ip:port."),
    "saved_file": _maybe(TEXT, "The path of the result on the master's computer."),
    "result_sha256": _maybe(TEXT),
    **{name: _maybe(schema) for name, schema in _FAILURE.items()},
    "warnings": _described(_list(TEXT), "What the result leaves out, and what to do about it."),
}
_PORT_TEXT = (
    "^([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$"
)
_PORT: Schema = {"type": "integer", "minimum": 1, "maximum": 65535}
_IP = TEXT | {"minLength": 1, "maxLength": 253}
_ADDRESS: dict[str, Schema] = {
    "slave_ip": _IP,
    "slave_port": {"anyOf": [_PORT, {"type": "string", "pattern": _PORT_TEXT}]},
}
_CAPABILITIES = {
    "workers": {"type": "integer", "minimum": 1, "maximum": 1024},
    "task_types": _list(TEXT),
    "unavailable": _described(_TEXTS, "Why it can't do the other task types, by type."),
    "versions": _described(_TEXTS, "Of the libraries and programs that results depend on."),
    "tls": {"type": "boolean"},
    "ocr_languages": _described(_list(TEXT), "Installed for OCR, by Tesseract's names."),
}
_SLAVE_STATUS = {
    "name": _described(TEXT, "ip:port"),
    "slave_ip": _IP,
    "slave_port": _PORT,
    **_CAPABILITIES,
    "state": ref("SlaveState"),
    "last_seen_seconds": {"type": "number"},
    "resting_reason": _maybe(TEXT),
    "resting_seconds": _maybe(_NUMBER),
    "resting_seconds_left": _maybe(_NUMBER),
    "unreachable_reason": _maybe(TEXT, "Why the master can't call it, and what to change."),
}

SCHEMAS: dict[str, Schema] = {
    "Error": _object({"error": _described(TEXT, "What is wrong and what to do.")}),
    "TaskType": _enum(list(TASK_TYPES)),
    "JobState": _enum([state.value for state in JobState]),
    "FileState": _enum([state.value for state in FileState]),
    "SlaveState": _enum(["ready", "resting", "unreachable", "missing"]),
    "AssignTaskForm": _object({}, {"task_type": _TASK_TYPE_FIELD} | _files_by_field())
    | {"description": _FORM},
    "AddFilesForm": _object({}, _files_by_field()) | {"description": _FORM},
    "NewJob": _object({"task_type": ref("TaskType")}),
    "JobReference": _object({"job_id": TEXT, "status_url": TEXT}),
    "FileIndexes": _object({"indexes": _list(_COUNT)}),
    "JobFile": _object(_FILE),
    "JobOverview": _object(_JOB_WITHOUT_FILES),
    "Job": _object({**_JOB_WITHOUT_FILES, "files": _list(ref("JobFile"))}),
    "JobList": _object({"jobs": _list(ref("JobOverview"))}),
    "SavedFile": _object({"index": _COUNT, "saved_file": TEXT}, {"warnings": _FILE["warnings"]}),
    "FailedFile": _object({"index": _COUNT, "filename": TEXT, **_FAILURE}),
    "Statistics": _object(
        {
            "elapsed_seconds": _NUMBER,
            "files_per_second": _NUMBER,
            "bytes_received": _COUNT,
            "slaves": _described(_COUNTS, "Files done by each slave (ip:port)."),
        }
    ),
    "Summary": _object(
        {
            "message": TEXT,
            "task_type": TEXT,
            "total_files_processed": _described(_COUNT, "Only the files that are done."),
            "saved_files": _list(TEXT),
            "files": _list(ref("SavedFile")),
            "job_id": TEXT,
            "failed_files": _list(ref("FailedFile")),
            "statistics": ref("Statistics"),
        }
    ),
    "JobSlaves": _object(
        {
            "job_id": TEXT,
            "by_slave": _COUNTS,
            "files_per_second": _RATES,
            "together": _described(_NUMBER, "Files per second of all slaves together."),
        }
    ),
    "JobFailures": _object({"job_id": TEXT, "by_code": _COUNTS}),
    "ExcludedSlave": _object({"slave": _described(TEXT, "ip:port")}),
    "SlaveExcluded": _object({"job_id": TEXT, "slave": TEXT, "files_moved": _COUNT}),
    "Result": {"type": "object", "description": "One result; docs/results.md lists its keys."},
    "SlaveAddress": _object(_ADDRESS),
    "SlaveRegistration": _object(
        _ADDRESS, {**_CAPABILITIES, "contract_version": {"type": "integer"}}
    ),
    "RegistrationAnswer": _object(
        {"status": TEXT}, {"heartbeat_interval": _NUMBER, "unreachable_reason": TEXT}
    ),
    "SlaveStatus": _object(_SLAVE_STATUS),
    "ClusterStatus": _object(
        {"status": TEXT},
        {
            "slaves": _list(ref("SlaveStatus")),
            "missing": _list(ref("SlaveStatus")),
            "mixed_versions": _described(
                _list(TEXT), "The libraries and programs whose versions differ between slaves."
            ),
        },
    )
    | {"description": "Where a token is set, a caller without it gets only the status."},
    "SlaveActivity": _object(
        {"held_files": _COUNT, "current_files": _list(TEXT), "files_per_minute": _COUNT}
    ),
    "Activity": _object(
        {
            "interval_seconds": _COUNT,
            "finished_files": _list(_COUNT),
            "slaves": {"type": "object", "additionalProperties": ref("SlaveActivity")},
        }
    ),
    "ApiDescription": {"type": "object", "description": "An OpenAPI 3.1 document."},
}
