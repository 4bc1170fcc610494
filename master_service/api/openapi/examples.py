"""Examples of requests and answers, by the name of their schema."""

from typing import Any

_JOB_ID = "177525e0320c41ea897c9013b718cd64"
_SLAVE = "127.0.0.1:3000"
_RESULT = "processed_results/text/letter_analysis.json"
_EMPTY = "The file is empty (0 bytes): there is nothing to process."

ERRORS = {
    400: "Unknown task type: video",
    401: "This cluster needs its token: send the header 'Authorization: Bearer …' with the "
    "CLUSTER_TOKEN that the master was started with.",
    403: "Without CLUSTER_TOKEN only this computer itself may call: use http://localhost or "
    "http://127.0.0.1, or set CLUSTER_TOKEN.",
    404: f"There is no job {_JOB_ID} (finished ones are deleted after JOB_RETENTION days).",
    409: f"Job {_JOB_ID} is done and takes no more files.",
    413: "The request is larger than the 1000000 bytes that one may have: send the files in "
    "several requests, or raise MAX_JOB_SIZE on the master.",
    422: "The Idempotency-Key 'holiday-pictures-1' was used before for another request: use a new "
    "key for each request, and repeat one only with the same content.",
    503: "No slaves available",
    507: "The disk of SPOOL_DIR on the master is full (0 bytes are free): make room, then send the "
    "files again.",
}
"""An example of the text of each error status."""

_OVERVIEW: dict[str, Any] = {
    "job_id": _JOB_ID,
    "task_type": "text",
    "state": "done",
    "created_at": "2026-03-14T15:09:26.535Z",
    "started_at": "2026-03-14T15:09:26.538Z",
    "finished_at": "2026-03-14T15:09:26.578Z",
    "total_files": 2,
    "done_files": 1,
    "failed_files": 1,
    "cancelled_files": 0,
    "bytes_received": 812,
    "files_per_second": 50.0,
    "seconds_left": None,
    "waiting_for": None,
}
_DONE = {
    "index": 0,
    "filename": "letter.txt",
    "size": 402,
    "sha256": "6189c503b5a3aaebd275d7a77ae19a012b36374e2bb6ed2c30c9fd2499756ba6",
    "state": "done",
    "attempts": 1,
    "slave": _SLAVE,
    "saved_file": _RESULT,
    "result_sha256": "ba81d539d56732e88990287dc3d802583c7ed62986dc9d7563cfafadf4f35a41",
    "code": None,
    "error": None,
    "warnings": [],
}
_FAILED = {
    "index": 1,
    "filename": "b.txt",
    "size": 0,
    "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "state": "failed",
    "attempts": 1,
    "slave": _SLAVE,
    "saved_file": None,
    "result_sha256": None,
    "code": "empty",
    "error": _EMPTY,
    "warnings": [],
}
_STATUS = {
    "name": _SLAVE,
    "slave_ip": "127.0.0.1",
    "slave_port": 3000,
    "workers": 4,
    "task_types": ["audio", "document", "embedding", "image", "text"],
    "unavailable": {"ocr": "Tesseract is not installed."},
    "versions": {"python": "3.11.7", "numpy": "2.4.6"},
    "tls": False,
    "ocr_languages": [],
    "state": "ready",
    "last_seen_seconds": 1.2,
    "resting_reason": None,
    "resting_seconds": None,
    "resting_seconds_left": None,
    "unreachable_reason": None,
}
_SUMMARY = {
    "message": "Text processing complete, but 1 of 2 files failed",
    "task_type": "text",
    "total_files_processed": 1,
    "saved_files": [_RESULT],
    "files": [{"index": 0, "saved_file": _RESULT}],
    "job_id": _JOB_ID,
    "failed_files": [{"index": 1, "filename": "b.txt", "code": "empty", "error": _EMPTY}],
    "statistics": {
        "elapsed_seconds": 0.04,
        "files_per_second": 25.0,
        "bytes_received": 812,
        "slaves": {_SLAVE: 1},
    },
}
_ADDRESS = {"slave_ip": "127.0.0.1", "slave_port": 3000}

EXAMPLES: dict[str, dict[str, Any]] = {
    "AssignTaskForm": {"texts": {"task_type": "text", "texts": ["A good text.", "Another one."]}},
    "AddFilesForm": {"texts": {"texts": ["A good text.", "Another one."]}},
    "NewJob": {"text": {"task_type": "text"}},
    "JobReference": {"job": {"job_id": _JOB_ID, "status_url": f"/jobs/{_JOB_ID}"}},
    "FileIndexes": {"two": {"indexes": [0, 1]}},
    "JobOverview": {"done": _OVERVIEW},
    "Job": {"done": _OVERVIEW | {"files": [_DONE, _FAILED]}},
    "JobList": {"one": {"jobs": [_OVERVIEW]}},
    "Summary": {"one_failed": _SUMMARY},
    "JobSlaves": {
        "one": {
            "job_id": _JOB_ID,
            "by_slave": {_SLAVE: 1},
            "files_per_second": {_SLAVE: 25.2},
            "together": 25.2,
        }
    },
    "JobFailures": {"one": {"job_id": _JOB_ID, "by_code": {"empty": 1}}},
    "ExcludedSlave": {"slave": {"slave": _SLAVE}},
    "SlaveExcluded": {"moved": {"job_id": _JOB_ID, "slave": _SLAVE, "files_moved": 12}},
    "SlaveAddress": {"address": _ADDRESS},
    "SlaveRegistration": {
        "two_fields": _ADDRESS,
        "with_details": _ADDRESS
        | {name: _STATUS[name] for name in ("workers", "task_types", "unavailable", "versions")}
        | {"contract_version": 1},
    },
    "RegistrationAnswer": {"success": {"status": "success", "heartbeat_interval": 2.0}},
    "ClusterStatus": {
        "one_slave": {"status": "alive", "slaves": [_STATUS], "missing": [], "mixed_versions": []},
        "without_the_token": {"status": "alive"},
    },
    "Activity": {
        "one_slave": {
            "interval_seconds": 5,
            "finished_files": [0, 14, 20],
            "slaves": {
                _SLAVE: {"held_files": 3, "current_files": ["c.txt"], "files_per_minute": 34}
            },
        }
    },
    "Result": {"text": {"word_count": 3, "character_count": 12, "sentence_count": 1}},
    "ApiDescription": {
        "beginning": {"openapi": "3.1.0", "info": {"title": "File-processing cluster: the master"}}
    },
}
