"""The shapes of what the master's calls take and answer, as JSON Schema; a part of ``openapi``."""

from typing import Any

from master_service.jobs.model import FileState, JobState
from protocol.task_types import TASK_TYPES

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_NUMBER: Schema = {"type": "number", "minimum": 0}
_TEXTS: Schema = {"type": "object", "additionalProperties": _TEXT}
_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}


def _maybe(schema: Schema) -> Schema:
    return schema | {"type": [schema["type"], "null"]}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    properties = required | (optional or {})
    return {"type": "object", "required": list(required), "properties": properties}


_HEAD = {
    "job_id": _TEXT,
    "task_type": _TEXT,
    "state": {"type": "string", "enum": [state.value for state in JobState]},
    "created_at": _TEXT | {"format": "date-time"},
    "started_at": _TIME,
    "finished_at": _TIME,
    "total_files": _COUNT,
    "done_files": _COUNT,
    "failed_files": _COUNT,
    "cancelled_files": _COUNT,
    "bytes_received": _COUNT,
    "files_per_second": _maybe(_NUMBER),
    "seconds_left": _maybe(_NUMBER),
    "waiting_for": _maybe(_TEXT),
}
_FILE = {
    "index": _COUNT,
    "filename": _TEXT | {"description": "As it was sent, with its folders."},
    "size": _COUNT,
    "sha256": _TEXT,
    "state": {"type": "string", "enum": [state.value for state in FileState]},
    "attempts": _COUNT,
    "slave": _maybe(_TEXT),
    "saved_file": _maybe(_TEXT),
    "result_sha256": _maybe(_TEXT),
    "code": _maybe(_TEXT),
    "error": _maybe(_TEXT),
    "warnings": _list(_TEXT),
}
_PORT_TEXT = (
    "^([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$"
)
_ADDRESS: dict[str, Schema] = {
    "slave_ip": _TEXT | {"minLength": 1, "maxLength": 253},
    "slave_port": {
        "anyOf": [
            {"type": "integer", "minimum": 1, "maximum": 65535},
            {"type": "string", "pattern": _PORT_TEXT},
        ]
    },
}
_EXTRAS = {
    "workers": {"type": "integer", "minimum": 1, "maximum": 1024},
    "task_types": _list(_TEXT),
    "unavailable": _TEXTS,
    "versions": _TEXTS,
    "tls": {"type": "boolean"},
}
_COUNTS = {"type": "object", "additionalProperties": _COUNT}
_RATES = {"type": "object", "additionalProperties": _NUMBER}
_BUSY = {"held_files": _COUNT, "current_files": _list(_TEXT), "files_per_minute": _COUNT}
_STATISTICS = {
    "elapsed_seconds": _NUMBER,
    "files_per_second": _NUMBER,
    "bytes_received": _COUNT,
    "slaves": _COUNTS,
}
_FAILED = {name: _FILE[name] for name in ("index", "filename")} | {"code": _TEXT, "error": _TEXT}
_WARNED = {name: _FILE[name] for name in ("index", "filename", "warnings")}
_SLAVE = {
    "name": _TEXT,
    **_ADDRESS,
    **_EXTRAS,
    "state": {"type": "string", "enum": ["ready", "resting", "unreachable", "missing"]},
    "last_seen_seconds": {"type": "number"},
    "resting_reason": _maybe(_TEXT),
    "resting_seconds": _maybe(_NUMBER),
    "resting_seconds_left": _maybe(_NUMBER),
    "unreachable_reason": _maybe(_TEXT),
}

SCHEMAS: dict[str, Schema] = {
    "Any": {"type": "object"},
    "Error": _object({"error": _TEXT}),
    "Address": _object(_ADDRESS),
    "Registration": _object(_ADDRESS, {**_EXTRAS, "contract_version": {"type": "integer"}}),
    "Registered": _object({"status": _TEXT}, {"heartbeat_interval": _NUMBER}),
    "Slave": _object({"slave": _TEXT}),
    "Status": _object(
        {"status": _TEXT},
        {
            "slaves": _list(_object(_SLAVE)),
            "missing": _list(_object(_SLAVE)),
            "mixed_versions": _list(_TEXT),
        },
    ),
    "NewJob": _object({"task_type": {"type": "string", "enum": list(TASK_TYPES)}}),
    "Named": _object({"job_id": _TEXT, "status_url": _TEXT}),
    "Indexes": _object({"indexes": _list(_COUNT)}),
    "Dropped": _object({"job_id": _TEXT, "slave": _TEXT, "files_moved": _COUNT}),
    "BySlave": _object(
        {"job_id": _TEXT, "by_slave": _COUNTS, "files_per_second": _RATES, "together": _NUMBER}
    ),
    "ByCode": _object({"job_id": _TEXT, "by_code": _COUNTS}),
    "Activity": _object(
        {
            "interval_seconds": _COUNT,
            "finished_files": _list(_COUNT),
            "slaves": {"type": "object", "additionalProperties": _object(_BUSY)},
        }
    ),
    "File": _object(_FILE),
    "Head": _object(_HEAD),
    "Job": _object({**_HEAD, "files": _list(_ref("File"))}),
    "Jobs": _object({"jobs": _list(_ref("Head"))}),
    "Summary": _object(
        {
            "message": _TEXT,
            "task_type": _TEXT,
            "total_files_processed": _COUNT,
            "saved_files": _list(_TEXT),
            "files": _list(_object({"index": _COUNT, "saved_file": _TEXT})),
            "job_id": _TEXT,
            "failed_files": _list(_object(_FAILED)),
            "warnings": _list(_object(_WARNED)),
            "statistics": _object(_STATISTICS),
        }
    ),
}
