"""Multipart requests: uploads are stored whole, in order, with the names that were sent."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol.server.multipart_receiver import Form
from tests.unit.protocol.server.forms import (
    PLENTY,
    Trickle,
    field_part,
    file_part,
    form_of,
    take,
)

# Each example overwrites the files of the one folder.
SEEDED = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def test_files_and_fields_arrive_in_any_order(tmp_path: Path) -> None:
    """Uploads keep their order, with fields before, between and after them."""
    body = form_of(
        [
            file_part("texts", "b.txt", b"first"),
            field_part("task_type", "tëxt".encode()),
            file_part("images", "a.png", b""),
            file_part("texts", "b.txt", b"third"),
            field_part("survey", b"1"),
        ]
    )
    form = take(body, tmp_path)
    assert form.fields == {"task_type": "tëxt", "survey": "1"}
    assert [(upload.field, upload.filename) for upload in form.uploads] == [
        ("texts", "b.txt"),
        ("images", "a.png"),
        ("texts", "b.txt"),
    ]
    assert [upload.path.read_bytes() for upload in form.uploads] == [b"first", b"", b"third"]
    assert form.bytes_received == len(body)


def test_upload_is_measured_and_hashed(tmp_path: Path) -> None:
    """Size and checksum are right for an upload of many chunks."""
    data = bytes(range(256)) * 4000
    (upload,) = take(form_of([file_part("texts", "a", data)]), tmp_path).uploads
    assert upload.path.read_bytes() == data
    assert (upload.size, upload.too_large) == (len(data), False)
    assert upload.sha256 == hashlib.sha256(data).hexdigest()


NASTY = [
    b"",
    b"\r",
    b"\r\n",
    b"--XyZ--",
    b"--XyZ\r\n",
    b"\r\n--Xy",
    b"\r\n--Xyz\r\n",
    b"x\r\n\r\n--Xy\r\n--X",
    b"\r\r\n--X\r",
]


@given(
    st.lists(st.sampled_from(NASTY), max_size=4),
    st.lists(st.integers(1, 40), min_size=1, max_size=5),
)
@SEEDED
def test_chunks_may_be_split_anywhere(tmp_path: Path, datas: list[bytes], sizes: list[int]) -> None:
    """Content that looks like a boundary is stored unchanged, wherever chunks begin and end."""
    body = form_of([file_part("texts", f"{n}.txt", data) for n, data in enumerate(datas)])
    form = take(Trickle(body, sizes), tmp_path)
    assert [upload.path.read_bytes() for upload in form.uploads] == datas


def test_form_may_arrive_byte_by_byte(tmp_path: Path) -> None:
    """A form that arrives in chunks of one byte is read like any other."""
    body = form_of([file_part("texts", "ä.txt", b"\r\n--Xy" * 9), field_part("f", b"v")])
    form = take(Trickle(body, [1]), tmp_path)
    assert (form.uploads[0].filename, form.fields) == ("ä.txt", {"f": "v"})
    assert form.uploads[0].path.read_bytes() == b"\r\n--Xy" * 9


@pytest.mark.slow
def test_ten_thousand_files_are_received(tmp_path: Path) -> None:
    """A request may have 10,000 files; each keeps its name and content."""
    body = form_of(file_part("texts", f"{n}.txt", b"%d" % n) for n in range(10_000))
    form = take(body, tmp_path)
    assert [upload.filename for upload in form.uploads] == [f"{n}.txt" for n in range(10_000)]
    assert form.uploads[9_999].path.read_bytes() == b"9999"
    assert len({upload.path for upload in form.uploads}) == 10_000


@pytest.mark.parametrize(
    "filename",
    [
        *["../../evil", "/etc/evil", "C:evil", "a/b", "..", "x" * 300, "a\tb", "{0}%s"],
        *["2023\\a.txt", "C:\\x", "C:\\in it\\a.txt", "\\\\host\\share\\a.txt", "a\\", "C:\\"],
    ],
)
def test_name_is_kept_as_sent_and_never_used_on_disk(tmp_path: Path, filename: str) -> None:
    """An upload with any name is stored in the folder, and keeps the name that was sent."""
    folder = tmp_path / "in"
    folder.mkdir()
    (upload,) = take(form_of([file_part("texts", filename, b"1")]), folder).uploads
    assert upload.filename == filename
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [upload.path]
    assert upload.path.parent == folder


@pytest.mark.parametrize(
    "disposition",
    [
        rb'form-data; name="texts"; filename="C:\in it\%22a%22.txt"',
        rb'form-data; filename="C:\in it\%22a%22.txt"; name="texts"',
        rb'form-data; name="texts"; filename="C:\\in it\\\"a\".txt"',
    ],
)
def test_windows_path_is_kept(tmp_path: Path, disposition: bytes) -> None:
    """A path with a drive keeps its folders, in each way in which clients quote it."""
    part = b"Content-Disposition: " + disposition + b"\r\n\r\n1"
    (upload,) = take(form_of([part]), tmp_path).uploads
    assert upload.filename == 'C:\\in it\\"a".txt'


@pytest.mark.parametrize("charset", ["utf-8", "cp1252"])
def test_name_may_be_in_the_charset_of_windows(tmp_path: Path, charset: str) -> None:
    """A name that is not UTF-8 is decoded as cp1252, which curl on a Western Windows sends."""
    body = form_of([file_part("texts", "Größe – 5 €.txt".encode(charset), b"1")])
    assert [upload.filename for upload in take(body, tmp_path).uploads] == ["Größe – 5 €.txt"]


def test_undecodable_name_loses_no_file(tmp_path: Path) -> None:
    """A file whose name can't be decoded is stored with a replacement name."""
    body = form_of([file_part("texts", b"\x81\x8d\xff.txt", b"1")])
    (upload,) = take(body, tmp_path).uploads
    assert (upload.filename.endswith(".txt"), upload.path.read_bytes()) == (True, b"1")


def test_file_without_a_name_is_ignored(tmp_path: Path) -> None:
    """A part with an empty file name, which browsers send for no choice, is ignored."""
    body = form_of([file_part("texts", "", b"ignored"), file_part("texts", "a.txt", b"1")])
    form = take(body, tmp_path)
    assert [(upload.filename, upload.path.read_bytes()) for upload in form.uploads] == [
        ("a.txt", b"1")
    ]
    assert form.fields == {}


def test_form_without_files_may_be_urlencoded(tmp_path: Path) -> None:
    """The fields of an ``application/x-www-form-urlencoded`` form are read."""
    form = take(b"task_type=text&x=%C3%A4", tmp_path, PLENTY, "application/x-www-form-urlencoded")
    assert form.fields == {"task_type": "text", "x": "ä"}
    assert form.uploads == []


@pytest.mark.parametrize("content_type", ["", "application/json", "text/plain"])
def test_other_bodies_are_an_empty_form(tmp_path: Path, content_type: str) -> None:
    """A body of another content type gives a form without fields and files."""
    assert take(b"{}", tmp_path, PLENTY, content_type) == Form()
