"""The client against masters that mean harm: an error of one line, exit code 2, nothing else."""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.contract.programs import only_line, run, run_client_here
from tests.unit.client.test_answers import ENTRY, HEAD

NOTHING_DONE = 2
SENT_AT_MOST = 512 * 1024 * 1024
JOB_ID = "0123456789abcdef" * 2
JOB = HEAD | {"done_files": 2, "failed_files": 0}


class Evil(BaseHTTPRequestHandler):
    """Answers /check_status as a master would, and all else as a test has it."""

    answer: Callable[["Evil"], None]

    def do_GET(self) -> None:
        if self.path == "/check_status":
            self.say({"status": "alive", "slaves": []})
        else:
            type(self).answer(self)

    do_POST = do_DELETE = do_GET  # noqa: N815 (http.server's names)

    def say(self, body: object, code: int = 200, reason: str | None = None) -> None:
        data = json.dumps(body).encode()
        self.send_response(code, reason)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Keep standard error for what failed."""


@contextmanager
def master(answer: Callable[[Evil], None]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Server", (Evil,), {"answer": answer}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def told(answer: Callable[[Evil], None], *words: str) -> str:
    """Return the one line that the client says of such a master, but for how to come back."""
    with master(answer) as url:
        return told_by(run_client_here(url, *words))


def told_by(done: "subprocess.CompletedProcess[str]") -> str:
    assert done.returncode == NOTHING_DONE, done.stderr
    assert "Traceback" not in done.stderr
    line, *back = done.stderr.splitlines()
    assert all(each.startswith(("job ", "  ")) for each in back)
    return line


@pytest.mark.parametrize("code", [200, 302, 400])
def test_endless_answer_is_cut(code: int) -> None:
    """An answer, a refusal or a redirection without an end is read to a bound, or not at all."""
    sent = [0]

    def endless(evil: Evil) -> None:
        evil.send_response(code)
        evil.send_header("Location", "/elsewhere")
        evil.end_headers()
        try:
            evil.wfile.write(b'{"error":"')
            while sent[0] < SENT_AT_MOST:
                evil.wfile.write(b"x" * (1 << 20))
                sent[0] += 1 << 20
        except OSError:
            pass  # the client has gone, as it should

    line = told(endless, "follow", JOB_ID)
    assert line.endswith("HTTP 400 Bad Request" if code == 400 else "answers what no master would")
    assert sent[0] < SENT_AT_MOST


def test_packed_answer_is_not_unpacked() -> None:
    """What was not asked for is not read: a few bytes could unpack to gigabytes."""

    def packed(evil: Evil) -> None:
        evil.send_response(200)
        evil.send_header("Content-Encoding", "gzip")
        evil.end_headers()
        evil.wfile.write(b"\x1f\x8b")

    assert told(packed, "follow", JOB_ID).endswith("answers what no master would")


@pytest.mark.parametrize(
    ("key", "page", "words"),
    [
        ("files", [ENTRY | {"index": index} for index in range(1000)], ["follow", JOB_ID]),
        ("files", [ENTRY] * 1000, ["follow", JOB_ID]),
        ("jobs", [HEAD | {"job_id": f"j{number}"} for number in range(1000)], ["jobs"]),
    ],
)
def test_pages_that_do_not_move_on_are_told(key: str, page: list[Any], words: list[str]) -> None:
    """A full page again and again is no ledger, and no list of jobs."""

    def repeat(evil: Evil) -> None:
        evil.say(JOB if "limit=0" in evil.path else {key: page})

    assert told(repeat, *words).endswith("answers what no master would")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"state": "done"},
        JOB | {"done_files": "1", "job_id": None},
        JOB | {"job_id": "\x1b[2J"},
        {"files": [{}], "jobs": [1], "job_id": 1},
    ],
)
@pytest.mark.parametrize("words", [["follow", JOB_ID], ["jobs"], ["retry", JOB_ID]])
def test_answer_of_another_shape_is_told(body: dict[str, Any], words: list[str]) -> None:
    """What is missing or of a wrong type is no traceback, whatever was asked."""
    line = told(lambda evil: evil.say(body), *words)
    assert line.endswith("answers what no master would")


def test_upload_to_such_a_master_is_told(tmp_path: Path) -> None:
    """Sending files to it ends the program in the same way, after what is said of the job."""
    (tmp_path / "a.txt").write_text("a good text")
    with master(lambda evil: evil.say({"indexes": 1})) as url:
        done = run("client.py", url, "text", "--background", str(tmp_path))
    assert told_by(done).endswith("answers what no master would")


@pytest.mark.parametrize(
    "refuse",
    [
        lambda evil: evil.say({"error": "no\x1b]0;owned\x07\x1b[2J\nall is well"}, 400),
        lambda evil: evil.say({}, 400, "no\x1b]0;owned\x07\x9b2J"),
    ],
)
def test_refusal_has_no_orders_to_the_terminal(refuse: Callable[[Evil], None]) -> None:
    """The master's reason is one line of plain text, wherever it stands in the answer."""
    with master(refuse) as url:
        done = run_client_here(url, "follow", JOB_ID)
    assert only_line(done.stderr).isprintable()
    assert "no?]0;owned" in done.stderr
