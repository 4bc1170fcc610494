"""Access control: every call of master and slave with and without the shared token."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest
import requests

from scripts.local_cluster import LocalCluster, clean_environment
from tests.conftest import TOKEN
from tests.contract.programs import (
    children,
    only_line,
    registration_refusal,
    run,
    run_client_here,
    wait_until,
)
from tests.rows import check_rows

MASTER, SLAVE = "master", "slave"
LARGE = 32 * 1024 * 1024


class Call(NamedTuple):
    """A call, and its status without the token and with it."""

    program: str
    method: str
    path: str
    status_without: int
    status_with: int


CALLS = [
    Call(MASTER, "GET", "/", 200, 200),
    Call(MASTER, "GET", "/check_status", 200, 200),
    Call(MASTER, "POST", "/register", 401, 400),
    Call(MASTER, "DELETE", "/register", 401, 400),
    Call(MASTER, "POST", "/assign_task", 401, 400),
    Call(MASTER, "GET", "/assign_task", 401, 405),
    Call(MASTER, "GET", "/nothing", 401, 404),
    Call(MASTER, "GET", "/check_status/", 401, 404),
    Call(MASTER, "GET", "/jobs", 401, 200),
    Call(MASTER, "POST", "/jobs", 401, 400),
    Call(MASTER, "GET", "/jobs/none", 401, 404),
    Call(MASTER, "DELETE", "/jobs/none", 401, 404),
    Call(MASTER, "POST", "/jobs/none/files", 401, 404),
    Call(MASTER, "POST", "/jobs/none/start", 401, 404),
    Call(MASTER, "POST", "/jobs/none/retry", 401, 404),
    Call(MASTER, "POST", "/jobs/none/drop", 401, 400),
    Call(MASTER, "GET", "/jobs/none/results.zip", 401, 404),
    Call(MASTER, "GET", "/jobs/none/inputs/0", 401, 404),
    Call(MASTER, "GET", "/jobs/none/slaves", 401, 404),
    Call(MASTER, "GET", "/jobs/none/failures", 401, 404),
    Call(MASTER, "GET", "/activity", 401, 200),
    Call(MASTER, "GET", "/jobs/none/events", 401, 404),
    Call(MASTER, "GET", "/results/text/none", 401, 404),
    Call(MASTER, "GET", "/metrics", 401, 200),
    Call(MASTER, "GET", "/openapi.json", 401, 200),
    Call(MASTER, "GET", "/ui", 303, 200),
    Call(MASTER, "POST", "/ui", 401, 405),
    Call(MASTER, "GET", "/login", 200, 303),
    Call(MASTER, "POST", "/login", 401, 401),
    Call(MASTER, "POST", "/logout", 401, 303),
    Call(MASTER, "GET", "/ui/static/style.css", 200, 200),
    Call(MASTER, "GET", "/ui/static/%2e%2e%2fpages.py", 404, 404),
    Call(MASTER, "GET", "/ui/static/templates/page.html", 404, 404),
    Call(MASTER, "GET", "/static/style.css", 401, 404),
    Call(MASTER, "GET", "/%2e%2e/etc/passwd", 401, 404),
    Call(SLAVE, "GET", "/", 200, 200),
    Call(SLAVE, "GET", "/check_status", 200, 200),
    Call(SLAVE, "POST", "/get_task", 401, 400),
    Call(SLAVE, "GET", "/get_task", 401, 405),
    Call(SLAVE, "GET", "/nothing", 401, 404),
]
WRONG_CREDENTIALS: dict[str, dict[str, str | bytes]] = {
    "nothing": {},
    "another token": {"Authorization": "Bearer another-token"},
    "no token": {"Authorization": "Bearer "},
    "a part of it": {"Authorization": f"Bearer {TOKEN[:-1]}"},
    "more than it": {"Authorization": f"Bearer {TOKEN}1"},
    "another case": {"Authorization": f"Bearer {TOKEN.upper()}"},
    "another scheme": {"Authorization": f"Basic {TOKEN}"},
    "no scheme": {"Authorization": TOKEN},
    "no ASCII": {"Authorization": b"Bearer \xff\xfe\x80"},
}
AUTHORIZED: dict[str, str | bytes] = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module", params=["http", "https"])
def guarded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tls: dict[str, str]
) -> Iterator[LocalCluster]:
    """A master and a slave with a token, their logs as talkative as can be; plain, and over TLS."""
    settings = (tls if request.param == "https" else {}) | {
        "CLUSTER_TOKEN": TOKEN,
        "LOG_LEVEL": "DEBUG",
        "SLAVE_WORKERS": "1",
        "SLAVE_HOST": "127.0.0.1",
    }
    cluster = LocalCluster(tmp_path_factory.mktemp("guarded"), settings)
    try:
        cluster.start_master()
        cluster.start_slaves(1)
        yield cluster
    finally:
        cluster.stop()


def url_of(guarded: LocalCluster, program: str) -> str:
    if program == MASTER:
        return guarded.url
    (slave,) = guarded.present()
    scheme = guarded.url.partition(":")[0]
    return f"{scheme}://{slave['slave_ip']}:{slave['slave_port']}"


def trusting(guarded: LocalCluster) -> dict[str, Any]:
    """Return what makes requests trust the cluster's authority."""
    return {"verify": guarded.settings.get("TLS_CA", True)}


def send(
    guarded: LocalCluster, urls: Mapping[str, str], call: Call, headers: dict[str, str | bytes]
) -> requests.Response:
    """Send a call to the program whose address is in ``urls``."""
    return requests.request(
        call.method,
        urls[call.program] + call.path,
        headers=headers,
        timeout=30,
        allow_redirects=False,
        **trusting(guarded),
    )


def status_of(
    guarded: LocalCluster, program: str, headers: dict[str, str | bytes]
) -> dict[str, Any]:
    """Return what a program's /check_status shows to the holder of these headers."""
    call = Call(program, "GET", "/check_status", 200, 200)
    status: dict[str, Any] = send(
        guarded, {program: url_of(guarded, program)}, call, headers
    ).json()
    return status


def client_here(guarded: LocalCluster, *words: str, **settings: str) -> Any:
    return run_client_here(*words, TLS_CA=guarded.settings.get("TLS_CA", ""), **settings)


@pytest.mark.parametrize("credentials", list(WRONG_CREDENTIALS))
def test_call_without_the_token_is_refused(guarded: LocalCluster, credentials: str) -> None:
    """Without the right token every call is a 401 that says so, except the open ones."""
    urls = {program: url_of(guarded, program) for program in (MASTER, SLAVE)}

    def check(row: Call) -> None:
        answer = send(guarded, urls, row, WRONG_CREDENTIALS[credentials])
        assert answer.status_code == row.status_without
        if answer.status_code == 401:
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert "token" in answer.json()["error"]
        assert TOKEN not in answer.text

    check_rows({f"{row.method} {row.path} of the {row.program}": row for row in CALLS}, check)


@pytest.mark.parametrize("headers", [AUTHORIZED, {"Authorization": f"bearer  {TOKEN}"}])
def test_call_with_the_token_is_answered(
    guarded: LocalCluster, headers: dict[str, str | bytes]
) -> None:
    """With the token every call has the answer of its view; the scheme's case does not matter."""
    urls = {program: url_of(guarded, program) for program in (MASTER, SLAVE)}

    def check(row: Call) -> None:
        answer = send(guarded, urls, row, headers)
        assert answer.status_code == row.status_with
        assert TOKEN not in answer.text

    check_rows({f"{row.method} {row.path} of the {row.program}": row for row in CALLS}, check)


def test_status_without_the_token_has_no_details(guarded: LocalCluster) -> None:
    """The open /check_status says that the program is alive, and no address or number."""
    for program in (MASTER, SLAVE):
        assert status_of(guarded, program, {}) == {"status": "alive"}
    assert len(status_of(guarded, MASTER, AUTHORIZED)["slaves"]) == 1
    assert status_of(guarded, SLAVE, AUTHORIZED)["workers"] == 1


@pytest.mark.parametrize(("program", "path"), [(MASTER, "/assign_task"), (SLAVE, "/get_task")])
def test_refusal_is_readable_while_sending(guarded: LocalCluster, program: str, path: str) -> None:
    """A stranger who still sends a large upload gets the 401, not a broken connection."""
    url = url_of(guarded, program) + path
    parts = [("images", ("a.png", bytes(LARGE)))]
    answer = requests.post(url, files=parts, timeout=60, **trusting(guarded))
    assert answer.status_code == 401
    assert answer.json()["error"]


def test_work_is_done_with_the_token(guarded: LocalCluster, tmp_path: Path) -> None:
    """Client, master and slave that share the token work together, over TLS where they have it."""
    (file := tmp_path / "a.txt").write_bytes(b"a good text")
    home = tmp_path / "home"
    done = run(
        *("client.py", guarded.url, "text", str(file), "--output", str(home)),
        CLUSTER_TOKEN=TOKEN,
        TLS_CA=guarded.settings.get("TLS_CA", ""),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads((home / "a_analysis.json").read_bytes())["word_count"] == 3


@pytest.mark.parametrize("settings", [{"CLUSTER_TOKEN": "wrong-token"}, {}])
def test_client_without_the_token_is_told(
    guarded: LocalCluster, tmp_path: Path, settings: dict[str, str]
) -> None:
    """A client that lacks the token learns so in one line, however much it has to send."""
    file = tmp_path / "large.txt"
    file.write_bytes(bytes(LARGE))
    refused = client_here(guarded, guarded.url, "text", str(file), **settings)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "CLUSTER_TOKEN" in only_line(refused.stderr)
    assert "wrong-token" not in refused.stderr


@pytest.mark.parametrize("token", ["wrong-token", None])
def test_slave_with_a_wrong_token_is_refused(guarded: LocalCluster, token: str | None) -> None:
    """A slave without the right token is told in one line why."""
    line = only_line(registration_refusal(guarded.url, token, guarded.settings.get("TLS_CA")))
    assert guarded.url in line
    assert "CLUSTER_TOKEN" in line
    assert "wrong-token" not in line


def test_slave_is_no_master(guarded: LocalCluster) -> None:
    """Client and slave that call a slave with a token as their master are told that it is none."""
    url = url_of(guarded, SLAVE)
    said = f"the master is not at {url}: a slave answers there; give the master's address"
    lines = [
        only_line(client_here(guarded, url, "jobs", CLUSTER_TOKEN=token).stderr)
        for token in (TOKEN, "another-token")
    ]
    lines.append(registration_refusal(url, TOKEN, guarded.settings.get("TLS_CA")))
    for line in lines:
        assert said in line
        assert line.endswith(f", such as {url.partition(':')[0]}://127.0.0.1:5000")


def test_slave_of_another_host_needs_a_word(guarded: LocalCluster) -> None:
    """The master does not send its token to another host unless it may over plain HTTP."""
    body = {"slave_ip": "192.168.7.7", "slave_port": 3000}
    url = f"{guarded.url}/register"
    answer = requests.post(url, json=body, headers=AUTHORIZED, timeout=10, **trusting(guarded))
    assert answer.status_code == 400
    assert "ALLOW_PLAIN_HTTP" in answer.json()["error"]
    assert len(guarded.present()) == 1


def test_slave_of_another_host_over_tls_may_beat_with_two_fields(guarded: LocalCluster) -> None:
    """What it said of itself when it registered, that it is called over TLS, is kept."""
    url = f"{guarded.url}/register"
    body = {"slave_ip": "192.0.2.7", "slave_port": 3000}
    for more in ({"tls": True, "task_types": []}, {}):
        answer = requests.post(
            url, json=body | more, headers=AUTHORIZED, timeout=10, **trusting(guarded)
        )
        assert answer.status_code == 200, answer.text
    gone = requests.delete(url, json=body, headers=AUTHORIZED, timeout=10, **trusting(guarded))
    assert gone.status_code == 200


def test_workers_never_see_the_token(guarded: LocalCluster) -> None:
    """The token is in no environment and no command line of the processes that read uploads."""
    (slave,) = guarded.slaves
    workers = wait_until(lambda: children(slave))
    assert len(workers) == 2
    for worker in workers:
        assert TOKEN not in json.dumps([worker.environ(), worker.cmdline()])
    assert TOKEN not in json.dumps(psutil.Process(slave.process.pid).cmdline())


def test_token_is_in_no_log(guarded: LocalCluster) -> None:
    """However talkative the logs are, and whatever was asked, the token is nowhere in them."""
    bodies: list[Any] = [{"files": [("images", ("a.png", b"x"))]}, {"json": [TOKEN[:5]]}]
    for body in bodies:
        url = f"{guarded.url}/assign_task"
        requests.post(url, headers=AUTHORIZED, timeout=60, **trusting(guarded), **body)
    kept = [path for path in guarded.folder.rglob("*") if path.is_file()]
    assert {"master.log", "slave-1.log"} <= {path.name for path in kept}
    assert any(b"DEBUG" in path.read_bytes() for path in kept)
    assert [path for path in kept if TOKEN.encode() in path.read_bytes()] == []
    assert not clean_environment()["CLUSTER_TOKEN"]
