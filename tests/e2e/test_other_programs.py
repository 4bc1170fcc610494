"""Other programs: slaves of the original interface, and curl."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from werkzeug.serving import BaseWSGIServer

from master_service.scheduling.slave_health import MIN_QUARANTINE_S
from master_service.scheduling.state import QUARANTINED
from protocol.task_types import TASK_TYPES
from scripts.local_cluster import LocalCluster
from tests.conftest import assign, need
from tests.e2e.steps import until
from tests.other_slaves import failing_slave_app, plain_slave_app, served


@pytest.fixture
def plain_slave() -> Iterator[BaseWSGIServer]:
    """A slave with the interface of the original."""
    with served(plain_slave_app()) as server:
        yield server


@pytest.fixture
def failing_slave() -> Iterator[BaseWSGIServer]:
    """A slave on which every file fails."""
    with served(failing_slave_app()) as server:
        yield server


def test_a_slave_on_which_everything_fails_is_quarantined(
    own_cluster: LocalCluster, failing_slave: BaseWSGIServer
) -> None:
    """A slave is quarantined when its failed files succeed on another slave."""
    own_cluster.start_master()
    own_cluster.start_slaves(1)
    address = {"slave_ip": "127.0.0.1", "slave_port": failing_slave.port}
    requests.post(f"{own_cluster.url}/register", json=address, timeout=10)
    summary = assign(own_cluster, "text", [(f"{n}.txt", b"well") for n in range(20)])
    assert (summary["total_files_processed"], summary["failed_files"]) == (20, [])
    slaves = {slave["slave_port"]: slave for slave in own_cluster.present()}
    rested = slaves.pop(failing_slave.port)
    assert rested["state"] == "resting"
    assert rested["resting_reason"] == QUARANTINED
    assert rested["resting_seconds"] + rested["resting_seconds_left"] == pytest.approx(
        MIN_QUARANTINE_S, abs=0.01
    )
    (other,) = slaves.values()
    assert (other["state"], other["resting_seconds_left"]) == ("ready", None)


def test_invalid_text_from_a_slave_is_escaped(
    own_cluster: LocalCluster, failing_slave: BaseWSGIServer
) -> None:
    """Invalid text in an answer or a registration is shown as far as possible."""
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
    """It does every type but embedding, and the master probes it."""
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
    # It sends no heartbeats, and is still registered after many times three intervals.
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
