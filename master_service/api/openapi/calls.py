"""The OpenAPI operation of each call of the master, by tag, path and method."""

from master_service.api.openapi.pieces import (
    IDEMPOTENCY_KEY,
    PREFER,
    Described,
    attachment,
    binary_answer,
    call,
    errors,
    form_content,
    job_reference,
    json_answer,
    json_content,
    page,
    query,
    text_answer,
)
from master_service.api.openapi.schemas import TEXT, ref

TAGS = {
    "jobs": "Sending files, and following, cancelling and repeating jobs.",
    "results": "Downloading results and uploads.",
    "cluster": "The master, its slaves and what they do.",
    "slaves": "Calls that slaves make.",
}
_REGISTRATION = "Both slave_ip and slave_port are needed."
_ID_PREFIX = TEXT | {"pattern": "^[A-Za-z0-9_-]{4,64}$"}
_LIMIT = "limit must be a whole number from 0 to 1000."


def calls() -> dict[str, dict[str, Described]]:
    """Return all operations by path and method."""
    groups = {"jobs": _jobs(), "results": _results(), "cluster": _cluster(), "slaves": _slaves()}
    return {
        path: {method: {"tags": [tag]} | described for method, described in methods.items()}
        for tag, paths in groups.items()
        for path, methods in paths.items()
    }


def _jobs() -> dict[str, dict[str, Described]]:
    return _sending() | _following() | _changing()


def _sending() -> dict[str, dict[str, Described]]:
    return {
        "/assign_task": {
            "post": call(
                "assign_task",
                "Send files, and wait until each is done or has failed; with 'Prefer: "
                "respond-async' the answer comes at once.",
                {
                    200: json_answer(
                        "Summary", "The summary of the job, also where every file failed."
                    ),
                    202: job_reference(
                        "The files are accepted, and the job runs in the background."
                    ),
                },
                errors(400, 413, 422, 503, 507),
                parameters=[PREFER, IDEMPOTENCY_KEY],
                body=form_content("AssignTaskForm"),
            )
        },
        "/jobs": {
            "get": call(
                "list_jobs",
                "List jobs, the newest first.",
                {200: json_answer("JobList", "A page of the jobs, without their files.")},
                errors(bad=_LIMIT),
                parameters=[
                    *page(100, 1000),
                    query("id_prefix", _ID_PREFIX, "Jobs whose ids begin with this alone."),
                ],
            ),
            "post": call(
                "create_job",
                "Create an open job, which receives its files in any number of requests.",
                {201: job_reference("The open job.")},
                errors(400, 413, 422, 503, 507),
                parameters=[IDEMPOTENCY_KEY],
                body=json_content("NewJob"),
            ),
        },
        "/jobs/{job_id}/files": {
            "post": call(
                "add_files",
                "Add files to an open job; they are stored when the answer is sent.",
                {200: json_answer("FileIndexes", "The places of these files in the job.")},
                errors(404, 409, 413, 422, 503, 507, bad="No files provided for text processing"),
                parameters=[IDEMPOTENCY_KEY],
                body=form_content("AddFilesForm"),
            )
        },
        "/jobs/{job_id}/start": {
            "post": call(
                "start_job",
                "Start an open job.",
                {202: job_reference("The job, which runs in the background.")},
                errors(404, 409, 503, 507, bad="No files provided for text processing"),
            )
        },
    }


def _following() -> dict[str, dict[str, Described]]:
    return {
        "/jobs/{job_id}": {
            "get": call(
                "get_job",
                "Return a job and a page of its files.",
                {200: json_answer("Job", "The job.")},
                errors(404, bad=_LIMIT),
                parameters=[
                    *page(1000, 10_000),
                    query("state", ref("FileState"), "Files in this state alone."),
                    query("code", TEXT, "Files that failed with this code alone."),
                ],
            ),
            "delete": call(
                "cancel_job",
                "Cancel a job; one that is over stays unchanged.",
                {200: json_answer("JobOverview", "The job as it is now.")},
                errors(404, 507),
            ),
        },
        "/jobs/{job_id}/slaves": {
            "get": call(
                "get_job_slaves",
                "Return how many of the job's files each slave has done, and how fast.",
                {200: json_answer("JobSlaves", "Counts and rates by slave (ip:port).")},
                errors(404),
            )
        },
        "/jobs/{job_id}/failures": {
            "get": call(
                "get_job_failures",
                "Return how many of the job's files failed with which code.",
                {200: json_answer("JobFailures", "Counts by code.")},
                errors(404),
            )
        },
        "/jobs/{job_id}/events": {
            "get": call(
                "watch_job",
                "Open a WebSocket that sends a JobOverview as JSON: the present one first, then "
                "at each change, ten a second at most, and the last one always.",
                {101: {"description": "The WebSocket is open."}},
                errors(404, bad="This is not a WebSocket handshake (RFC 6455, version 13)."),
            )
        },
    }


def _changing() -> dict[str, dict[str, Described]]:
    return {
        "/jobs/{job_id}/retry": {
            "post": call(
                "retry_job",
                "Start a new job of the failed files of one that is over.",
                {201: job_reference("The new job.")},
                errors(
                    404,
                    409,
                    422,
                    503,
                    507,
                    bad="Idempotency-Key must be 1 to 255 printable characters of ASCII.",
                ),
                parameters=[IDEMPOTENCY_KEY],
            )
        },
        "/jobs/{job_id}/drop": {
            "post": call(
                "exclude_slave",
                "Exclude a slave from a job; the other slaves continue.",
                {200: json_answer("SlaveExcluded", "How many files went to other slaves.")},
                errors(
                    404, 409, 413, bad='The body must be JSON with a slave: {"slave": "ip:port"}.'
                ),
                body=json_content("ExcludedSlave"),
            )
        },
    }


def _results() -> dict[str, dict[str, Described]]:
    result = binary_answer("The result: a picture, or JSON.", "image/png")
    # Behind the bytes, see binary_answer.
    result["content"] |= json_content("Result")
    return {
        "/jobs/{job_id}/results.zip": {
            "get": call(
                "download_results",
                "Download the results that a job has so far, in the folders of the uploads, with a "
                "manifest.csv of every file.",
                {200: attachment(binary_answer("A ZIP archive.", "application/zip"))},
                errors(404),
            )
        },
        "/results/{task_type}/{name}": {
            "get": call("download_result", "Download one result.", {200: result}, errors(404))
        },
        "/jobs/{job_id}/inputs/{index}": {
            "get": call(
                "download_input",
                "Download an uploaded file.",
                {200: attachment(binary_answer("The uploaded bytes."))},
                errors(404),
            )
        },
    }


def _cluster() -> dict[str, dict[str, Described]]:
    ping = call(
        "ping",
        "Return that the master is up; a browser, which asks for text/html, is redirected to the "
        "page.",
        {
            200: text_answer("The master is up.", "Master is working"),
            303: {"description": "The address of the page."},
        },
        access=(403,),
    )
    return {
        # This call needs no token.
        "/": {"get": ping | {"security": []}},
        "/check_status": {
            "get": call(
                "check_status",
                "Return the registered slaves and those that are missing.",
                {200: json_answer("ClusterStatus", "The slaves, by their state.")},
                access=(403,),
            )
        },
        "/activity": {
            "get": call(
                "get_activity",
                "Return what each slave holds, and how many files ended in each of the last "
                "intervals, the latest last.",
                {200: json_answer("Activity", "The activity of the last ten minutes.")},
            )
        },
        "/metrics": {
            "get": call(
                "get_metrics",
                "Return the metrics for Prometheus.",
                {200: text_answer("The metrics.", 'cluster_jobs_total{task_type="text"} 1.0\n')},
            )
        },
        "/openapi.json": {
            "get": call(
                "get_openapi",
                "Return this description.",
                {200: json_answer("ApiDescription", "The description.")},
            )
        },
    }


def _slaves() -> dict[str, dict[str, Described]]:
    return {
        "/register": {
            "post": call(
                "register_slave",
                "Register a slave; repeated, this is its heartbeat.",
                {200: json_answer("RegistrationAnswer", "The slave is registered.")},
                errors(409, 413, 503, bad=_REGISTRATION),
                body=json_content("SlaveRegistration"),
            ),
            "delete": call(
                "unregister_slave",
                "Unregister a slave that shuts down.",
                {200: json_answer("RegistrationAnswer", "The slave is no longer registered.")},
                errors(413, bad=_REGISTRATION),
                body=json_content("SlaveAddress"),
            ),
        }
    }
