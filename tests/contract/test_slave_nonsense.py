"""Malformed forms and vocabularies sent to a slave: refused with a sentence."""

import pytest
import requests

from scripts.local_cluster import LocalCluster
from tests.contract.programs import get_task

BOUNDARY = b"b"
TYPE = "multipart/form-data; boundary=b"
DISPOSITION = b'Content-Disposition: form-data; name="texts"; filename="a.txt"\r\n'


@pytest.fixture
def slave(cluster: LocalCluster) -> str:
    """Return the address of one slave of the shared cluster."""
    record = cluster.present()[0]
    return f"http://{record['slave_ip']}:{record['slave_port']}"


def part(head: bytes, data: bytes = b"some words") -> bytes:
    return b"--b\r\n" + head + b"\r\n" + data + b"\r\n"


def form(*parts: bytes) -> bytes:
    """Return a form of texts with these parts in it."""
    kind = part(b'Content-Disposition: form-data; name="task_type"\r\n', b"text")
    return kind + b"".join(parts) + b"--b--\r\n"


def post(slave: str, body: bytes, kind: str = TYPE) -> requests.Response:
    headers = {"Content-Type": kind}
    return requests.post(f"{slave}/get_task", body, headers=headers, timeout=60)


MIXED = DISPOSITION + b"Content-Type: multipart/mixed; boundary=c\r\n"
NAMELESS = b'Content-Disposition: form-data; name="x"\r\n'
FOLDED = b'Content-Disposition: form-data;\r\n name="texts"; filename=a\r\n'
LONG_LENGTH = b"Content-Length: " + b"9" * 9999 + b"\r\n"
FORMS = {
    "nothing": (b"", 400),
    "no boundary": (form(part(DISPOSITION)).replace(b"--b", b"xxx"), 400),
    "another boundary": (form(part(DISPOSITION)).replace(b"--b", b"--c"), 400),
    "unfinished": (form(part(DISPOSITION))[:-6], 400),
    "unfinished head": (b"--b\r\n" + DISPOSITION, 400),
    "no disposition": (form(part(b"Content-Type: text/plain\r\n")), 400),
    "another disposition": (form(part(b"Content-Disposition: attachment\r\n")), 400),
    "no name": (form(part(b'Content-Disposition: form-data; filename="a"\r\n')), 400),
    "head that is none": (form(part(DISPOSITION + b"no colon\r\n")), 400),
    "head of NULs": (form(part(DISPOSITION + b"\0: \0\r\n")), 400),
    "lines of line feeds": (form(part(DISPOSITION)).replace(b"\r\n", b"\n"), 400),
    "huge head": (form(part(DISPOSITION + b"X: " + b"y" * 1_000_000 + b"\r\n")), 400),
    "many heads": (form(part(DISPOSITION + b"X: y\r\n" * 1000)), 400),
    "lying length": (form(part(DISPOSITION + b"Content-Length: 3\r\n")), 400),
    "negative length": (form(part(DISPOSITION + b"Content-Length: -3\r\n")), 400),
    "length of many digits": (form(part(DISPOSITION + LONG_LENGTH)), 400),
    "too many parts": (form(part(DISPOSITION, b"") * 50_001), 413),
    "too many fields": (form(part(NAMELESS, b"") * 50_001), 413),
    "no texts": (form(part(DISPOSITION.replace(b"texts", b"images"))), 400),
    "no file name": (form(part(b'Content-Disposition: form-data; name="texts"\r\n')), 400),
    "nested": (form(part(MIXED, b"--c\r\n\r\nx\r\n--c--")), 200),
    "encoded": (form(part(DISPOSITION + b"Content-Transfer-Encoding: base64\r\n")), 200),
    "odd encoding": (form(part(DISPOSITION + b"Content-Transfer-Encoding: \xff\0\r\n")), 200),
    "folded head": (form(part(FOLDED)), 200),
    "text ahead and behind": (b"ahead\r\n" + form(part(DISPOSITION)) + b"behind" * 1000, 200),
    "cut name": (form(part(b'Content-Disposition: form-data; name="texts"; filename="a\r\n')), 400),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_odd_forms_are_answered(slave: str, name: str) -> None:
    """A form is taken or refused with a sentence, whatever it is made of."""
    body, status = FORMS[name]
    answer = post(slave, body)
    assert answer.status_code == status, answer.text
    if status == 200:
        (entry,) = answer.json()["results"]
        assert "error" not in entry, entry
    else:
        assert answer.json()["error"]


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary="',
        "multipart/form-data; boundary=" + "b" * 5000,
        "multipart/form-data; boundary*=utf-8''%ff%00",
        "multipart/form-data;" + " ;" * 5000,
        "multipart/mixed; boundary=b",
        "application/x-www-form-urlencoded",
        "application/json",
        "text/plain; charset=none",
        "/",
    ],
)
def test_odd_types_of_a_body_are_refused(slave: str, kind: str) -> None:
    """A body that does not say how to read it is a bad request."""
    answer = post(slave, form(part(DISPOSITION)), kind)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]


@pytest.mark.parametrize(
    ("parameter", "name"),
    [
        (b'filename="a\0b"', "a\0b"),
        (b'filename="\xff\xfe"', "ÿþ"),
        (b'filename="' + b"x" * 60_000 + b'"', "x" * 60_000),
        (b'filename="%00%0D%0A%22"', '%00\r\n"'),
        (b'filename="a"; filename="b"', "b"),
        (b"filename*=UTF-8''%00a", "\0a"),
        (b"filename*=UTF-8''%ff%fea", "��a"),
        (b"filename*=none''a", "a"),
        (b"filename*=a", "a"),
        (b"filename*0=a; filename*1=b", "ab"),
        (b"filename*=utf-8'en'" + b"%e4%b8%80" * 5000, "一" * 5000),
        (b'filename="../../a"', "../../a"),
    ],
)
def test_odd_names_come_back(slave: str, parameter: bytes, name: str) -> None:
    """Whatever a file is called, in however odd a way, its result is there, under that name."""
    head = b'Content-Disposition: form-data; name="texts"; ' + parameter + b"\r\n"
    answer = post(slave, form(part(head)))
    assert answer.status_code == 200, answer.text
    (entry,) = answer.json()["results"]
    assert entry["filename"] == name
    assert entry["analysis_data"]


def test_slave_goes_on(slave: str) -> None:
    """After all that a text is a text."""
    (entry,) = get_task(slave, "text", "texts", [("a.txt", b"some words")])
    assert entry["analysis_data"]
