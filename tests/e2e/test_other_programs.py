"""Programs that are not this project's: a slave of the original kind, and curl."""

import base64
import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from flask import Flask, Response, jsonify, request
from werkzeug.serving import BaseWSGIServer, make_server

from master_service.judgement import SHORTEST_REST_S
from scripts.local_cluster import LocalCluster
from slave_service.task_types import TASK_TYPES
from tests.conftest import assign, need
from tests.e2e.stage import until


@pytest.fixture
def plain_slave() -> Iterator[BaseWSGIServer]:
    """A slave as the original was: plain JSON, no heartbeat, no extras."""
    app = Flask("plain_slave")

    @app.get("/check_status")
    def check_status() -> Response:
        return jsonify(status="alive")

    @app.post("/get_task")
    def get_task() -> Response:
        task = TASK_TYPES[request.form["task_type"]]
        results = [
            {
                "filename": file.filename,
                task.result_key: base64.b64encode(b'{"bytes": %d}' % len(file.read())).decode(),
            }
            for file in request.files.getlist(task.form_field)
        ]
        return jsonify(results=results)

    yield from _served(app)


@pytest.fixture
def failing_slave() -> Iterator[BaseWSGIServer]:
    """A slave that finds fault with every file."""
    app = Flask("failing_slave")

    @app.get("/check_status")
    def check_status() -> Response:
        return jsonify(status="alive")

    @app.post("/get_task")
    def get_task() -> Response:
        files = request.files.getlist(TASK_TYPES[request.form["task_type"]].form_field)
        # With half of a character, which JSON may bring and UTF-8 does not know.
        code = "corrupt" if files[0].filename == "odd.txt" else "internal"
        failure = {"code": code, "error": "It always ends like this here: \ud800."}
        return jsonify(results=[{"filename": file.filename, **failure} for file in files])

    yield from _served(app)


def _served(app: Flask) -> Iterator[BaseWSGIServer]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_slave_on_which_everything_fails_is_rested(
    own_cluster: LocalCluster, failing_slave: BaseWSGIServer
) -> None:
    """What fails on one slave and succeeds on the other is held against that slave."""
    own_cluster.start_master()
    own_cluster.start_slaves(1)
    address = {"slave_ip": "127.0.0.1", "slave_port": failing_slave.port}
    requests.post(f"{own_cluster.url}/register", json=address, timeout=10)
    summary = assign(own_cluster, "text", [(f"{n}.txt", b"well") for n in range(20)])
    assert (summary["total_files_processed"], summary["failed_files"]) == (20, [])
    slaves = {slave["slave_port"]: slave for slave in own_cluster.present()}
    rested = slaves.pop(failing_slave.port)
    assert rested["state"] == "resting"
    assert 0 < rested["resting_seconds_left"] <= SHORTEST_REST_S
    (other,) = slaves.values()
    assert (other["state"], other["resting_seconds_left"]) == ("ready", None)


def test_a_slave_with_odd_words_harms_nobody(
    own_cluster: LocalCluster, failing_slave: BaseWSGIServer
) -> None:
    """Text that is no text, in an answer or a registration, is told as far as it can be."""
    own_cluster.start_master()
    url = own_cluster.url
    record = {"slave_ip": "127.0.0.1", "slave_port": failing_slave.port, "workers": 1}
    record |= {"task_types": ["text"], "versions": {"odd": "\ud800"}}
    requests.post(f"{url}/register", json=record, timeout=10)
    summary = assign(own_cluster, "text", [("odd.txt", b"odd")])
    (failure,) = summary["failed_files"]
    assert (failure["code"], failure["error"][:30]) == ("corrupt", "It always ends like this here:")
    assert own_cluster.present()[0]["versions"] == {"odd": "\ud800"}
    answer = requests.get(f"{url}/jobs", timeout=10)
    assert answer.json()["jobs"][0]["state"] == "done"


def test_a_slave_that_registers_with_two_fields(
    own_cluster: LocalCluster, plain_slave: BaseWSGIServer
) -> None:
    """It does every type but embedding, and is watched by the master's own calls."""
    own_cluster.settings = {**own_cluster.settings, "HEARTBEAT_INTERVAL": "0.2"}
    own_cluster.start_master()
    address = {"slave_ip": "127.0.0.1", "slave_port": str(plain_slave.port)}
    answer = requests.post(f"{own_cluster.url}/register", json=address, timeout=10)
    assert answer.json() == {"status": "success", "heartbeat_interval": 0.2}
    summary = assign(own_cluster, "text", [("a.txt", b"abc"), ("b.txt", b"abcde")])
    contents = [json.loads(Path(path).read_bytes()) for path in summary["saved_files"]]
    assert contents == [{"bytes": 3}, {"bytes": 5}]
    (slave,) = own_cluster.present()
    assert set(slave["task_types"]) == set(TASK_TYPES) - {"embedding"}
    refused = requests.post(
        f"{own_cluster.url}/assign_task",
        data={"task_type": "embedding"},
        files=[("texts", ("a.txt", b"abc"))],
        timeout=10,
    )
    assert refused.status_code == 503
    assert refused.json()["error"].startswith("No slaves available for embedding: ")
    # It never beats, and is still there after many times three intervals.
    until(lambda: own_cluster.present()[0]["last_seen_seconds"] > 0.1)
    until(lambda: own_cluster.present()[0]["last_seen_seconds"] < 0.1)
    plain_slave.shutdown()
    plain_slave.server_close()
    until(lambda: len(own_cluster.status()["missing"]) == 1)


@pytest.mark.parametrize("task_type", list(TASK_TYPES))
def test_curl_does_what_the_readme_says(
    cluster: LocalCluster, sample_files: dict[str, list[Path]], task_type: str
) -> None:
    """Each type works with curl, wherever in the form task_type stands."""
    need("curl")
    field = TASK_TYPES[task_type].form_field
    files = [part for file in sample_files[task_type] for part in ("-F", f'{field}=@"{file}"')]
    command = ["curl", "-sS", *files, "-F", f"task_type={task_type}", f"{cluster.url}/assign_task"]
    answer = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert answer["total_files_processed"] == len(sample_files[task_type])
