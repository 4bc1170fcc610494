"""A slave that the master can't call: everybody who waits for it is told, and what to do."""

from typing import Any

import pytest
import requests

from scripts.local_cluster import LocalCluster, Program, free_port
from tests.chaos.proxy import Proxy
from tests.contract.jobs_api import call, finished, form, send, texts
from tests.contract.programs import run_client_here, wait_until

ELSEWHERE = "127.0.0.2"
"""A loopback address on which the slave does not listen."""


@pytest.fixture
def cluster(own_cluster: LocalCluster) -> LocalCluster:
    """A master that nobody has registered with yet."""
    own_cluster.start_master()
    return own_cluster


def start_unreachable_slave(cluster: LocalCluster) -> tuple[Program, int]:
    """Start a slave that advertises an address at which it does not listen."""
    port = free_port()
    settings = {"SLAVE_IP": ELSEWHERE, "SLAVE_HOST": "127.0.0.1", "SLAVE_PORT": str(port)}
    slave = cluster.start_slave(**settings)
    wait_until(lambda: are(cluster, "unreachable"))
    return slave, port


def slaves(cluster: LocalCluster) -> list[dict[str, Any]]:
    """Return the slaves as the master lists them."""
    answer = requests.get(f"{cluster.url}/check_status", timeout=10).json()
    found: list[dict[str, Any]] = answer["slaves"]
    return found


def are(cluster: LocalCluster, *states: str) -> bool:
    """Return whether these are the states of the slaves."""
    return sorted(each["state"] for each in slaves(cluster)) == sorted(states)


def test_everybody_is_told_of_an_unreachable_slave(cluster: LocalCluster) -> None:
    """The list of slaves, the slave's log, jobs, requests, the client and metrics all say so.

    Once the master can call the slave, the job goes on and the slave's log says so. When it can't
    again, another slave takes the files; and it may come back again.
    """
    slave, port = start_unreachable_slave(cluster)
    job_id = all_say(cluster, slave, f"Nothing listens at {ELSEWHERE}:{port} (connection refused)")
    proxy = Proxy((ELSEWHERE, port), ("127.0.0.1", port))
    try:
        assert finished(cluster.url, job_id)["done_files"] == 2
        assert are(cluster, "ready")
        wait_until(lambda: "registered with" in slave.log.read_text().splitlines()[-1])
        proxy.refuse()
        lost = send(cluster.url, "text", texts("again", 2))
        wait_until(lambda: are(cluster, "unreachable"))
        told = call(cluster.url, "GET", f"/jobs/{lost}", 200).json()
        assert "connection refused" in told["waiting_for"]
        cluster.start_slaves(1)
        assert finished(cluster.url, lost)["done_files"] == 2
        assert slave.process.poll() is None
        proxy.recover()
        assert wait_until(lambda: are(cluster, "ready", "ready"))
    finally:
        proxy.close()


def all_say(cluster: LocalCluster, slave: Program, cause: str) -> str:
    """Check that everything names the cause; return the id of a job that waits."""
    (listed,) = slaves(cluster)
    assert listed["unreachable_reason"].startswith(cause)
    wait_until(lambda: cause in slave.log.read_text())
    assert "SLAVE_IP" in slave.log.read_text()

    job_id = send(cluster.url, "text", texts("wait", 2))
    waiting = call(cluster.url, "GET", f"/jobs/{job_id}", 200).json()
    assert waiting["state"] == "queued"
    assert cause in waiting["waiting_for"]

    refused = call(cluster.url, "POST", "/assign_task", 503, **form("text", texts("now", 1)))
    assert refused.json()["error"].startswith("No slaves available for text: ")
    assert cause in refused.json()["error"]

    asked = run_client_here(cluster.url, "text", "README.md")
    assert asked.returncode == 2
    assert cause in asked.stderr

    metrics = requests.get(f"{cluster.url}/metrics", timeout=10).text
    assert 'cluster_slaves{state="unreachable"} 1.0' in metrics
    return job_id


def test_another_program_at_the_address(cluster: LocalCluster) -> None:
    """A slave that advertises the address of something else is told what answers there."""
    other = cluster.url.rpartition(":")[2]
    body = {"slave_ip": "127.0.0.1", "slave_port": other, "task_types": ["text"], "tls": True}
    call(cluster.url, "POST", "/register", 200, json=body)
    wait_until(lambda: are(cluster, "unreachable"))
    again = call(cluster.url, "POST", "/register", 200, json=body).json()
    assert again["status"] == "success"
    assert "SLAVE_IP" in again["unreachable_reason"]
