"""Multipart requests over a limit, and malformed ones."""

import contextlib
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from protocol.server.multipart_receiver import Limits, UploadNotStored
from tests.unit.protocol.server.forms import (
    PLENTY,
    Broken,
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

# Limits


def test_one_file_over_its_limit_is_marked_and_the_others_are_fine(tmp_path: Path) -> None:
    """A file over its limit is marked and not stored; the others of the request are stored."""
    datas = [b"x" * 10, b"y" * 11, b"z" * 5000, b"ok"]
    body = form_of(file_part("texts", f"{n}", data) for n, data in enumerate(datas))
    uploads = take(Trickle(body, [7]), tmp_path, Limits(10, 10**6)).uploads
    assert [upload.too_large for upload in uploads] == [False, True, True, False]
    assert [upload.size for upload in uploads] == [10, 11, 5000, 2]
    assert [upload.path.exists() for upload in uploads] == [True, False, False, True]
    assert [bool(upload.sha256) for upload in uploads] == [True, False, False, True]


def test_content_length_over_the_limit_is_refused_unread(tmp_path: Path) -> None:
    """A request whose Content-Length is over the limit is refused before it is read."""
    stream = io.BytesIO(form_of([file_part("texts", "a", b"1")]))
    with pytest.raises(RequestEntityTooLarge, match="MAX_JOB_SIZE"):
        take(stream, tmp_path, Limits(10**9, 100), content_length=101)
    assert stream.tell() == 0


def test_request_over_its_limit_is_refused_while_it_is_read(tmp_path: Path) -> None:
    """A request without Content-Length is refused as soon as it exceeds the limit."""
    stream = Trickle(form_of([file_part("texts", "a", b"x" * 100_000)]), [1000])
    with pytest.raises(RequestEntityTooLarge, match="MAX_JOB_SIZE"):
        take(stream, tmp_path, Limits(10**9, 5000))
    assert stream.tell() <= 6000


def test_request_of_exactly_the_limit_is_received(tmp_path: Path) -> None:
    """A request as large as the limit is allowed."""
    body = form_of([file_part("texts", "a", b"1")])
    limits = Limits(10**9, len(body))
    assert len(take(body, tmp_path, limits, content_length=len(body)).uploads) == 1


def test_field_over_its_limit_is_ignored(tmp_path: Path) -> None:
    """A field that is too large to hold in memory is ignored."""
    large = field_part("notes", b"x" * (1024 * 1024 + 1))
    form = take(form_of([large, field_part("task_type", b"text")]), tmp_path)
    assert form.fields == {"task_type": "text"}


def test_fields_beyond_a_thousand_are_ignored(tmp_path: Path) -> None:
    """A form keeps at most 1,000 fields, since fields are held in memory."""
    form = take(form_of(field_part(f"f{n}", b"") for n in range(1001)), tmp_path)
    assert len(form.fields) == 1000


def test_name_after_rfc_5987_is_a_file_name(tmp_path: Path) -> None:
    """A file whose name is sent as ``filename*``, as older clients do, is received."""
    part = (
        b"Content-Disposition: form-data; name=\"texts\"; filename*=UTF-8''%C3%BCber.txt\r\n"
        b"\r\ncontent"
    )
    body = b"--XyZ\r\n" + part + b"\r\n--XyZ--\r\n"
    (upload,) = take(body, tmp_path).uploads
    assert (upload.filename, upload.size) == ("über.txt", 7)


def test_endless_head_of_a_part_is_refused(tmp_path: Path) -> None:
    """The headers of a part are bounded, since they are held in memory."""
    with pytest.raises(BadRequest, match="header"):
        take(b"--XyZ\r\nX-Head: " + b"x" * 3_000_000, tmp_path)


def test_parts_have_a_limit(tmp_path: Path) -> None:
    """A form of a million empty parts is refused while it arrives."""
    part = b"--XyZ\r\n" + field_part("", b"") + b"\r\n"
    stream = Trickle(part * 1_000_000, [1 << 16])
    with pytest.raises(RequestEntityTooLarge, match=r"50000 parts.*several requests"):
        take(stream, tmp_path)
    assert stream.tell() <= 50_001 * len(part) + (1 << 16)


def test_names_have_a_limit(tmp_path: Path) -> None:
    """The names of all files together are bounded, since they are held in memory."""
    part = b"--XyZ\r\n" + file_part("texts", "x" * 60_000, b"") + b"\r\n"
    stream = Trickle(part * 1000, [1 << 16])
    with pytest.raises(RequestEntityTooLarge, match="names"):
        take(stream, tmp_path)
    assert stream.tell() <= 34 * 1024 * 1024


def test_fields_have_a_limit_together(tmp_path: Path) -> None:
    """All fields together are bounded to 4 MiB; ``task_type`` is kept even after these."""
    parts = [field_part(f"f{n}", b"x" * 1_000_000) for n in range(20)]
    form = take(form_of([*parts, field_part("task_type", b"text")]), tmp_path)
    assert form.fields["task_type"] == "text"
    assert sum(map(len, form.fields.values())) <= 4 * 1024 * 1024


def test_boundary_has_a_limit(tmp_path: Path) -> None:
    """A boundary of over 200 characters is refused."""
    boundary = "x" * 201
    with pytest.raises(BadRequest, match="boundary"):
        take(WHOLE, tmp_path, PLENTY, f"multipart/form-data; boundary={boundary}")


# Malformed requests

WHOLE = form_of([file_part("texts", "a.txt", b"content"), field_part("task_type", b"text")])


@pytest.mark.parametrize("end", range(0, len(WHOLE) - 4, 5))
def test_form_that_ends_early_is_refused(tmp_path: Path, end: int) -> None:
    """A body that is cut off anywhere before its closing boundary is a bad request."""
    with pytest.raises(BadRequest):
        take(WHOLE[:end], tmp_path)


@pytest.mark.parametrize("end", [0, 50, 120])
def test_broken_connection_is_a_bad_request(tmp_path: Path, end: int) -> None:
    """If the connection breaks in the middle of a body, the message says so."""
    with pytest.raises(BadRequest, match="broke off"):
        take(Broken(WHOLE[:end]), tmp_path)


@pytest.mark.parametrize(
    "body",
    [
        b"no boundary at all",
        WHOLE.replace(b"XyZ", b"abc"),
        b"--XyZ\r\nContent-Type: text/plain\r\n\r\nno disposition\r\n--XyZ--\r\n",
    ],
)
def test_malformed_form_is_refused(tmp_path: Path, body: bytes) -> None:
    """A body without the boundary, or with a malformed part, is a bad request."""
    with pytest.raises(BadRequest):
        take(body, tmp_path)


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary="])
def test_form_without_a_boundary_is_refused(tmp_path: Path, content_type: str) -> None:
    """A content type without a boundary is a bad request."""
    with pytest.raises(BadRequest, match="boundary"):
        take(WHOLE, tmp_path, PLENTY, content_type)


@given(st.binary(max_size=300), st.lists(st.integers(1, 60), min_size=1, max_size=4))
@SEEDED
def test_no_body_breaks_the_receiver(tmp_path: Path, noise: bytes, sizes: list[int]) -> None:
    """Random bytes after half a form give a form or a refusal, never another error."""
    body = WHOLE[: len(WHOLE) // 2] + noise
    with contextlib.suppress(BadRequest, RequestEntityTooLarge):
        assert take(Trickle(body, sizes), tmp_path).bytes_received == len(body)


def test_failed_write_raises_with_its_reason(tmp_path: Path) -> None:
    """An upload that can't be written raises ``UploadNotStored`` with the system's reason."""
    body = form_of([file_part("texts", "a.txt", b"content")])
    with pytest.raises(UploadNotStored, match="No such file"):
        take(body, tmp_path / "is not there")


def test_task_type_is_kept_after_a_thousand_other_fields(tmp_path: Path) -> None:
    """The limit on the number of fields does not apply to ``task_type``."""
    parts = [field_part(f"f{n}", b"") for n in range(1500)]
    form = take(form_of([*parts, field_part("task_type", b"text")]), tmp_path)
    assert form.fields["task_type"] == "text"
