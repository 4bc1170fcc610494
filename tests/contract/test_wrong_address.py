"""What client and slave say where something other than the master answers at its address."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from scripts.local_cluster import LocalCluster, free_port
from tests.contract.programs import only_line, registration_refusal, run, run_client_here

LOG = "listening on"


class _Web(BaseHTTPRequestHandler):
    """A web server of the usual kind: pages in HTML, no POST but where a page takes forms."""

    server_version = "nginx/1.25"
    status, location = 404, ""

    def do_GET(self) -> None:
        self.send_response(self.status)
        if self.location:
            self.send_header("Location", self.location)
        page = b"<html>A page of somebody else</html>"
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    do_POST = do_GET  # noqa: N815 (http.server's name)

    def log_message(self, *_: object) -> None:
        """Keep standard error for what failed."""


@pytest.fixture
def web(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a web server that answers with the status and location of the test."""
    status, location = request.param
    kind = type("Web", (_Web,), {"status": status, "location": location})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def client_says(url: str, **settings: str) -> str:
    done = run_client_here(url, "jobs", **settings)
    assert (done.returncode, done.stdout) == (2, "")
    return only_line(done.stderr)


def slave_says(url: str, **settings: str) -> str:
    """Return why a slave with this address of a master stops, from the end of its log."""
    quiet = {"SLAVE_WORKERS": "1", "LOG_LEVEL": "ERROR"} | settings
    done = run("slave.py", MASTER_URL=url, **quiet)
    assert done.returncode == 1, done.stderr
    return only_line(done.stderr).partition("stopping: ")[2]


def test_slave_is_no_master(cluster: LocalCluster) -> None:
    """Client and slave say that a slave answers there, and how the master's address looks.

    ``test_access.py`` asks a slave with a token.
    """
    url = f"http://127.0.0.1:{cluster.slaves[0].port}"
    said = f"the master is not at {url}: a slave answers there; give the master's address"
    for line in (client_says(url), registration_refusal(url)):
        assert said in line
        assert LOG in line
        assert line.endswith(", such as http://127.0.0.1:5000")
    assert said in client_says(url, CLUSTER_TOKEN="another-token")


def test_slave_is_not_its_own_master() -> None:
    """A slave whose MASTER_URL is its own address says so."""
    port = str(free_port())
    line = slave_says(f"http://localhost:{port}", SLAVE_PORT=port)
    assert "which is the address of this slave itself" in line


@pytest.mark.parametrize(
    "web", [(404, ""), (200, ""), (403, ""), (401, ""), (501, "")], indirect=True
)
def test_web_server_is_no_master(web: str, request: pytest.FixtureRequest) -> None:
    """Another web server is named by its status and its Server header."""
    status = request.node.callspec.params["web"][0]
    line = client_says(web)
    assert f"the master is not at {web}: another web server answers there (HTTP {status} " in line
    assert "nginx/1.25" in line
    assert LOG in line


@pytest.mark.parametrize("web", [(404, ""), (403, ""), (501, "")], indirect=True)
def test_slave_stops_at_a_web_server(web: str) -> None:
    """It will be the same at the next try."""
    line = registration_refusal(web)
    assert f"the master is not at {web}: another web server answers there" in line


@pytest.mark.parametrize(
    ("web", "target"),
    [
        ((301, "https://cluster.example/jobs"), "give the address https://cluster.example"),
        ((302, "/login"), "to /login, which is not followed; give the master's address"),
        ((307, "ftp://x\x1b[2J"), "to ftp://x?[2J, which is not followed; give the master's"),
    ],
    indirect=["web"],
)
def test_redirection_is_named(web: str, target: str) -> None:
    """Neither follows it; both say where it leads, and which address that is of."""
    for line in (client_says(web), registration_refusal(web)):
        assert f"the master is not at {web}" in line
        assert target in line


def test_tls_to_plain_http_is_told(cluster: LocalCluster) -> None:
    """https:// in place of http:// gets the right address from both."""
    url = cluster.url.replace("http://", "https://")
    said = f"what answers at {url} does not speak TLS: give the address {cluster.url}"
    assert said in client_says(url)
    assert said in registration_refusal(url)
