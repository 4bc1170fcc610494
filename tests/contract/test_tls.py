"""TLS between client, master and slaves, with an authority of the cluster's own."""

import contextlib
import json
import re
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import simple_websocket

from scripts import certificates
from scripts.local_cluster import LocalCluster
from tests.chaos.cluster import why_not_possible
from tests.conftest import TOKEN
from tests.contract.programs import only_line, run, wait_until


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory, tls: dict[str, str]) -> Iterator[LocalCluster]:
    """A master and a slave that are called over TLS alone."""
    settings = {"CLUSTER_TOKEN": TOKEN, "SLAVE_WORKERS": "1", "SLAVE_HOST": "127.0.0.1"}
    cluster = LocalCluster(tmp_path_factory.mktemp("secure"), settings | tls)
    try:
        cluster.start_master()
        cluster.start_slaves(1)
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """A file to send."""
    (file := tmp_path / "a.txt").write_text("a good text")
    return file


def test_a_file_goes_there_and_its_result_comes_home(
    secure: LocalCluster, text: Path, tmp_path: Path, tls: dict[str, str]
) -> None:
    """Client to master, master to slave and the way back are all over TLS."""
    home = tmp_path / "home"
    done = run(
        *("client.py", secure.url, "text", str(text), "--output", str(home)),
        CLUSTER_TOKEN=TOKEN,
        TLS_CA=tls["TLS_CA"],
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads((home / "a_analysis.json").read_bytes())["word_count"] == 3


def test_events_over_tls(secure: LocalCluster, text: Path, tls: dict[str, str]) -> None:
    """The WebSocket of a job is wrapped like everything else."""
    client = {"CLUSTER_TOKEN": TOKEN, "TLS_CA": tls["TLS_CA"]}
    sent = run("client.py", secure.url, "text", "--background", str(text), **client)
    address = f"{secure.url.replace('http', 'ws', 1)}/jobs/{sent.stdout.split()[1]}/events"
    trust = ssl.create_default_context(cafile=tls["TLS_CA"])
    headers = {"Authorization": f"Bearer {TOKEN}"}
    listener = simple_websocket.Client(address, ssl_context=trust, headers=headers)
    assert json.loads(listener.receive(timeout=30))["total_files"] == 1
    # The master may have closed it by now, when the job was done.
    with contextlib.suppress(simple_websocket.ConnectionClosed):
        listener.close()


def test_who_does_not_trust_the_authority_sends_nothing(secure: LocalCluster, text: Path) -> None:
    """Without TLS_CA, client and slave say at once what is missing; no token leaves them."""
    refused = run("client.py", secure.url, "text", str(text), CLUSTER_TOKEN=TOKEN)
    assert (refused.returncode, refused.stdout) == (2, "")
    line = only_line(refused.stderr)
    assert "not trusted" in line
    assert "TLS_CA" in line
    slave = run(
        "slave.py",
        MASTER_URL=secure.url,
        CLUSTER_TOKEN=TOKEN,
        SLAVE_WORKERS="1",
        SLAVE_HOST="127.0.0.1",
        LOG_LEVEL="ERROR",
    )
    assert slave.returncode == 1
    assert "TLS_CA" in only_line(slave.stderr)


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
    refused = run(
        *("client.py", url, "text", str(text)),
        CLUSTER_TOKEN=TOKEN,
        TLS_CA=own_cluster.settings["TLS_CA"],
    )
    assert refused.returncode == 2
    line = only_line(refused.stderr)
    assert "not trusted" in line
    # The authority is known; what is wrong is the certificate.
    assert "certificates.py" in line
    assert "TLS_CA" not in line


def test_slave_waits_for_a_master_that_has_become_doubtful(
    own_cluster: LocalCluster, tmp_path: Path, tls: dict[str, str]
) -> None:
    """A certificate that somebody forgot to renew costs no slave: it comes back with the master."""
    own_cluster.settings = {"CLUSTER_TOKEN": TOKEN, "SLAVE_HOST": "127.0.0.1", **tls}
    master = own_cluster.start_master()
    (slave,) = own_cluster.start_slaves(1, SLAVE_WORKERS="1", SLAVE_IP="127.0.0.1")
    master.stop()
    foreign = certificates.issue(tmp_path, certificates.authority(tmp_path), "127.0.0.1")
    keys = {"TLS_CERT": str(foreign), "TLS_KEY": str(foreign.with_suffix(".key"))}
    # Whoever waits for it trusts it; the slave does not.
    own_cluster.settings = own_cluster.settings | keys | {"TLS_CA": str(tmp_path / "ca.pem")}
    master = own_cluster.start_master()
    assert wait_until(lambda: "may not be the master" in slave.log.read_text())
    assert own_cluster.present() == []
    master.stop()
    own_cluster.settings = own_cluster.settings | tls
    own_cluster.start_master()
    assert wait_until(own_cluster.present)


def test_plain_http_to_tls_is_told_what_is_wrong(secure: LocalCluster, text: Path) -> None:
    """Who forgets the s of https learns it, with curl, the client or a slave."""
    url = secure.url.replace("https", "http")
    answer = requests.get(url, timeout=10)
    assert (answer.status_code, "https://" in answer.json()["error"]) == (400, True)
    refused = run("client.py", url, "text", str(text), CLUSTER_TOKEN=TOKEN)
    assert refused.returncode == 2
    said = f"what answers at {url} speaks TLS: give the address {secure.url}"
    assert said in only_line(refused.stderr)
    settings = {"SLAVE_WORKERS": "1", "SLAVE_HOST": "127.0.0.1", "LOG_LEVEL": "ERROR"}
    slave = run("slave.py", MASTER_URL=url, CLUSTER_TOKEN=TOKEN, **settings)
    assert slave.returncode == 1
    assert said in only_line(slave.stderr)


def test_silence_and_nonsense_at_the_handshake_harm_nobody(
    secure: LocalCluster, text: Path, tls: dict[str, str]
) -> None:
    """While some say nothing and others no TLS, the next client is served, and no log fills."""
    port = secure.port
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
    for number in range(20):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\n\r\n" if number % 2 else bytes(300))
    done = run(
        *("client.py", secure.url, "text", str(text)),
        CLUSTER_TOKEN=TOKEN,
        TLS_CA=tls["TLS_CA"],
    )
    assert (done.returncode, done.stderr) == (0, "")
    for connection in silent:
        connection.close()
    assert secure.master is not None
    said = secure.master.log.read_text()
    assert not {"Traceback", " ERROR "} & set(re.findall("Traceback| ERROR ", said)), said
