"""TLS between client, master and slaves, with an authority of the cluster's own."""

import json
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import simple_websocket

from scripts import certificates
from scripts.local_cluster import LocalCluster
from tests.chaos.cluster import why_not_possible
from tests.conftest import TOKEN
from tests.contract.programs import (
    only_line,
    registration,
    registration_refusal,
    run_client_here,
    wait_until,
)


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory, tls: dict[str, str]) -> Iterator[LocalCluster]:
    """A master that is called over TLS alone; ``test_access.py`` has one with a slave."""
    cluster = LocalCluster(tmp_path_factory.mktemp("secure"), {"CLUSTER_TOKEN": TOKEN} | tls)
    try:
        cluster.start_master()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """A file to send."""
    (file := tmp_path / "a.txt").write_text("a good text")
    return file


def test_events_over_tls(secure: LocalCluster, text: Path, tls: dict[str, str]) -> None:
    """The WebSocket of a job is wrapped like everything else."""
    client = {"CLUSTER_TOKEN": TOKEN, "TLS_CA": tls["TLS_CA"]}
    sent = run_client_here(secure.url, "text", "--background", str(text), **client)
    address = f"{secure.url.replace('http', 'ws', 1)}/jobs/{sent.stdout.split()[1]}/events"
    trust = ssl.create_default_context(cafile=tls["TLS_CA"])
    headers = {"Authorization": f"Bearer {TOKEN}"}
    listener = simple_websocket.Client(address, ssl_context=trust, headers=headers)
    assert json.loads(listener.receive(timeout=30))["total_files"] == 1
    listener.close()


def test_who_does_not_trust_the_authority_sends_nothing(secure: LocalCluster, text: Path) -> None:
    """Without TLS_CA, client and slave say at once what is missing; no token leaves them."""
    refused = run_client_here(secure.url, "text", str(text), CLUSTER_TOKEN=TOKEN)
    assert (refused.returncode, refused.stdout) == (2, "")
    line = only_line(refused.stderr)
    assert "not trusted" in line
    assert "TLS_CA" in line
    assert "TLS_CA" in only_line(registration_refusal(secure.url, TOKEN))


@pytest.mark.skipif(why_not_possible() is not None, reason=str(why_not_possible()))
def test_a_certificate_of_another_name_is_not_trusted(
    own_cluster: LocalCluster, tmp_path: Path, text: Path
) -> None:
    """Who has a certificate of the authority can't pass for another computer with it."""
    file = certificates.issue(tmp_path, certificates.authority(tmp_path), "192.0.2.1")
    keys = {"TLS_CERT": str(file), "TLS_KEY": str(file.with_suffix(".key"))}
    own_cluster.settings = {"CLUSTER_TOKEN": TOKEN, **keys, "TLS_CA": str(tmp_path / "ca.pem")}
    own_cluster.settings |= {"MASTER_HOST": "0.0.0.0"}
    own_cluster.start_master()
    # It is good for its computer's own loopback too, but not by any other address.
    url = own_cluster.url.replace("127.0.0.1", "127.0.0.2")
    trusted = own_cluster.settings["TLS_CA"]
    refused = run_client_here(url, "text", str(text), CLUSTER_TOKEN=TOKEN, TLS_CA=trusted)
    assert refused.returncode == 2
    line = only_line(refused.stderr)
    assert "not trusted" in line
    # The authority is known; what is wrong is the certificate.
    assert "certificates.py" in line
    assert "TLS_CA" not in line


def test_slave_waits_for_a_master_that_has_become_doubtful(
    own_cluster: LocalCluster,
    tmp_path: Path,
    tls: dict[str, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A certificate that somebody forgot to renew costs no slave: it comes back with the master."""
    own_cluster.settings = {"CLUSTER_TOKEN": TOKEN, "HEARTBEAT_INTERVAL": "0.5", **tls}
    master = own_cluster.start_master()
    leaving = threading.Event()
    slave = registration(own_cluster.url, TOKEN, tls["TLS_CA"])
    heartbeats = threading.Thread(target=slave.run, args=(leaving,))
    heartbeats.start()
    try:
        assert wait_until(own_cluster.present)
        master.stop()
        foreign = certificates.issue(tmp_path, certificates.authority(tmp_path), "127.0.0.1")
        keys = {"TLS_CERT": str(foreign), "TLS_KEY": str(foreign.with_suffix(".key"))}
        # Whoever waits for it trusts it; the slave does not.
        own_cluster.settings = own_cluster.settings | keys | {"TLS_CA": str(tmp_path / "ca.pem")}
        master = own_cluster.start_master()
        assert wait_until(lambda: "may not be the master" in caplog.text)
        assert own_cluster.present() == []
        master.stop()
        own_cluster.settings = own_cluster.settings | tls
        own_cluster.start_master()
        assert wait_until(own_cluster.present)
        assert heartbeats.is_alive()
    finally:
        leaving.set()
        heartbeats.join()


def test_plain_http_to_tls_is_told_what_is_wrong(secure: LocalCluster, text: Path) -> None:
    """Who forgets the s of https learns it, with curl, the client or a slave."""
    url = secure.url.replace("https", "http")
    answer = requests.get(url, timeout=10)
    assert (answer.status_code, "https://" in answer.json()["error"]) == (400, True)
    refused = run_client_here(url, "text", str(text), CLUSTER_TOKEN=TOKEN)
    assert refused.returncode == 2
    said = f"what answers at {url} speaks TLS: give the address {secure.url}"
    assert said in only_line(refused.stderr)
    assert said in only_line(registration_refusal(url, TOKEN))


def test_silence_and_nonsense_at_the_handshake_harm_nobody(
    secure: LocalCluster, tls: dict[str, str]
) -> None:
    """While some say nothing and others no TLS, the next client is served, and no log fills."""
    port = secure.port
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
    for number in range(20):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\n\r\n" if number % 2 else bytes(300))
    client = {"CLUSTER_TOKEN": TOKEN, "TLS_CA": tls["TLS_CA"]}
    done = run_client_here(secure.url, "jobs", **client)
    assert (done.returncode, done.stderr) == (0, "")
    for connection in silent:
        connection.close()
    assert secure.master is not None
    said = secure.master.log.read_text()
    assert not {"Traceback", " ERROR "} & set(re.findall("Traceback| ERROR ", said)), said
