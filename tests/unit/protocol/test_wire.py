"""What travels between master, slave and client, and what is not let through."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import failures
from protocol.failures import KNOWN_CODES, Failure
from protocol.wire import (
    LazyFile,
    Outcome,
    SourceChanged,
    WireError,
    bearer,
    decode_answer,
    decode_outcome,
    encode_outcome,
    is_authorized,
    is_loopback,
    json_bytes,
    root_cause,
)

KEY = "analysis_data"
GOOD = {"filename": "a", KEY: base64.b64encode(b"x").decode()}

# Outcomes


@given(st.text(max_size=50), st.binary(max_size=200))
@settings(derandomize=True, database=None)
def test_result_comes_back_as_it_was_sent(filename: str, data: bytes) -> None:
    """Any name and any bytes survive the way through JSON."""
    body = json_bytes({"results": [encode_outcome(Outcome(filename, data), KEY)]})
    assert decode_answer(body, KEY, 1) == [Outcome(filename, data)]


def test_failure_comes_back_as_it_was_sent() -> None:
    """A failure travels with code and sentence, and without a result."""
    outcome = Outcome("ä.txt", failure=Failure("corrupt", "Damaged – send it again."))
    entry = encode_outcome(outcome, KEY)
    assert KEY not in entry
    assert decode_outcome(json.loads(json_bytes(entry)), KEY) == outcome


def test_entry_is_that_of_the_contract() -> None:
    """Other masters read ``filename`` and the type's own key, in Base64."""
    assert encode_outcome(Outcome("a.txt", b"\xff\x00"), KEY) == {"filename": "a.txt", KEY: "/wA="}
    failure = Outcome("a.txt", failure=Failure("empty", "It has no bytes."))
    assert encode_outcome(failure, KEY) == {
        "filename": "a.txt",
        "error": "It has no bytes.",
        "code": "empty",
    }


@pytest.mark.parametrize("code", [None, "", "x\n2026 forged", "\x1b[2J", 7, ["corrupt"], {}])
def test_error_of_an_unknown_code_is_internal(code: object) -> None:
    """A slave that gives no code, or one of its own, has still said that the file failed."""
    outcome = decode_outcome({"filename": "a", "error": "Oops", "code": code}, KEY)
    assert outcome.failure == Failure("internal", "Oops")


def test_every_code_is_known() -> None:
    """Each way to fail has a code of its own, and the list of codes has no other."""
    kinds = failures.FileError.__subclasses__()
    assert {kind.code for kind in kinds} == KNOWN_CODES
    assert len(kinds) == len(KNOWN_CODES)


@pytest.mark.parametrize("code", [{}, {"code": "internal"}])
def test_error_without_a_code_is_internal(code: dict[str, Any]) -> None:
    """The contract of old had no codes."""
    outcome = decode_outcome({"filename": "a", "error": "Oops"} | code, KEY)
    assert outcome.failure == Failure("internal", "Oops")


@pytest.mark.parametrize(
    "entry",
    [
        None,
        [],
        "text",
        {},
        {"filename": "a"},
        {"filename": "a", "image_data": "AAAA"},
        {"filename": "a", KEY: None},
        {"filename": "a", KEY: 17},
        {"filename": "a", KEY: "AAA"},
        {"filename": "a", KEY: "AA\nAA"},
        {"filename": "a", KEY: "ÄÄÄÄ"},
    ],
)
def test_malformed_entry_is_refused(entry: object) -> None:
    """What is neither a result in strict Base64 nor an error is no outcome."""
    with pytest.raises(WireError):
        decode_outcome(entry, KEY)


def test_what_a_slave_says_is_cut() -> None:
    """Neither a sentence nor a name fills the master's memory, where both stay with the job."""
    entry = {"filename": "n" * 9000, "error": "e" * 9000, "code": "corrupt"}
    failure = Failure("corrupt", "e" * 2000)
    assert decode_outcome(entry, KEY) == Outcome("n" * 2000, failure=failure)


WARNED = Outcome("a.tiff", b"x", warnings=("Of 3 pages 1 was read.", "It is cut off."))


def test_warnings_travel_beside_the_result() -> None:
    """They come back as they were sent; without any the entry has no such key."""
    entry = encode_outcome(WARNED, KEY)
    assert entry["warnings"] == list(WARNED.warnings)
    assert decode_outcome(json.loads(json_bytes(entry)), KEY) == WARNED
    assert "warnings" not in encode_outcome(Outcome("a", b"x"), KEY)


@pytest.mark.parametrize("odd", [None, "text", 7, {"a": 1}, [[1]], [None, 3]])
def test_warnings_that_are_none_are_left_out(odd: object) -> None:
    """What another slave sends in their place costs no result."""
    assert decode_outcome(GOOD | {"warnings": odd}, KEY) == Outcome("a", b"x")


def test_warnings_are_bounded() -> None:
    """At most 5 of at most 300 characters each are kept; a cut one ends with an ellipsis."""
    found = decode_outcome(GOOD | {"warnings": ["w" * 9000] * 9}, KEY).warnings
    assert found == ("w" * 299 + "…",) * 5


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>502 Bad Gateway</html>",
        b'{"results": [',
        b"\xff\xfe",
        b"[]",
        b"null",
        b"{}",
        b'{"results": {}}',
        b'{"results": "ab"}',
        b"[" * 100_000,
        json_bytes({"results": []}),
        json_bytes({"results": [GOOD]}),
        json_bytes({"results": [GOOD, GOOD, GOOD]}),
        json_bytes({"results": [GOOD, None]}),
    ],
)
def test_malformed_answer_is_refused(body: bytes) -> None:
    """An answer that is not JSON, or not one entry for each of two files, counts for none."""
    with pytest.raises(WireError):
        decode_answer(body, KEY, 2)


def test_answer_may_begin_with_signs_of_life() -> None:
    """White space ahead of the JSON is how a slave says that it is still at work."""
    body = b"\n \n\n" + json_bytes({"results": [GOOD]})
    assert decode_answer(body, KEY, 1) == [Outcome("a", b"x")]


# JSON


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_json_is_strict(number: float) -> None:
    """What is no number in JSON never leaves the program."""
    with pytest.raises(ValueError, match="JSON"):
        json_bytes({"value": number})


def test_json_is_utf8_and_keeps_broken_names() -> None:
    """Letters are written as they are; half a surrogate pair goes as JSON's own escape."""
    assert json_bytes("é") == '"é"'.encode()
    assert json.loads(json_bytes("broken-\udcff.txt")) == "broken-\udcff.txt"


# Credentials and addresses


def test_token_travels_as_bearer() -> None:
    """The header that one side makes is the one that the other takes."""
    assert is_authorized(bearer("s3cret")["Authorization"], "s3cret")
    assert bearer(None) == bearer("") == {}


@pytest.mark.parametrize("header", ["bearer s3cret", "BEARER s3cret", "Bearer   s3cret "])
def test_scheme_is_read_in_any_case(header: str) -> None:
    """HTTP's schemes know no case, and spaces around the token are not part of it."""
    assert is_authorized(header, "s3cret")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "s3cret",
        "Bearer",
        "Bearer ",
        "Bearer s3cre",
        "Bearer s3cret0",
        "Bearer S3CRET",
        "Basic s3cret",
        "Bearer s3cr\u00e9t",
        "Bearer \udcff",
    ],
)
def test_wrong_token_is_refused(header: str | None) -> None:
    """A missing, shorter, longer or foreign token, and another scheme, get nobody in."""
    assert not is_authorized(header, "s3cret")


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "localhost.", "127.0.0.1", "127.200.3.4", "::1", "[::1]"]
)
def test_loopback_is_known(host: str) -> None:
    """Every way to name this very computer counts."""
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "0.0.0.0", "::", "10.0.0.1", "localhost.evil.example", "127.0.0.1.nip.io", "127.1", "me"],
)
def test_other_hosts_are_not_loopback(host: str) -> None:
    """A name that only looks like this computer is another."""
    assert not is_loopback(host)


def test_reason_is_the_innermost() -> None:
    """Of an error that wraps others the one that tells what happened is left."""
    assert root_cause(ValueError("HTTPConnection(host='x'): Connection refused")) == (
        "Connection refused"
    )
    assert root_cause(ValueError("it broke")) == "it broke"


def test_reason_is_fit_for_a_log() -> None:
    """An error may quote the other side, which gets no lines of its own, and not many letters."""
    assert root_cause(ValueError("a\n2026 forged \x1b[2J")) == "a?2026 forged ?[2J"
    assert len(root_cause(ValueError("x" * 100_000))) == 500


# Files to send


def test_file_is_read_in_pieces_and_counted_down(tmp_path: Path) -> None:
    """What is left is known after each piece, and the end is the end of the stated size."""
    path = tmp_path / "0"
    path.write_bytes(b"0123456789")
    file = LazyFile(path, 10)
    assert (file.read(4), file.len) == (b"0123", 6)
    assert (file.read(99), file.len) == (b"456789", 0)
    path.unlink()


def test_file_that_has_grown_is_sent_as_it_was(tmp_path: Path) -> None:
    """No more is sent than was announced."""
    path = tmp_path / "0"
    path.write_bytes(b"0123456789")
    assert LazyFile(path, 4).read() == b"0123"


def test_file_that_has_shrunk_is_an_error(tmp_path: Path) -> None:
    """A request that announced more than there is fails instead of waiting."""
    path = tmp_path / "0"
    path.write_bytes(b"012")
    file = LazyFile(path, 10)
    assert file.read(8) == b"012"
    with pytest.raises(SourceChanged, match="shorter"):
        file.read(8)


def test_file_that_cannot_be_read_is_no_trouble_of_the_connection(tmp_path: Path) -> None:
    """As an OSError it would pass for one; the path says which of many files it was."""
    with pytest.raises(SourceChanged, match="No such file") as caught:
        LazyFile(tmp_path / "gone", 3).read()
    assert caught.value.path == tmp_path / "gone"
    assert not isinstance(caught.value, OSError)


def test_file_is_opened_when_it_is_read(tmp_path: Path) -> None:
    """Thousands of files wait in a request without being open."""
    file = LazyFile(tmp_path / "not yet", 3)
    (tmp_path / "not yet").write_bytes(b"abc")
    assert file.read() == b"abc"


def test_empty_file_is_read(tmp_path: Path) -> None:
    """A file of no bytes has nothing to read."""
    (tmp_path / "0").touch()
    file = LazyFile(tmp_path / "0", 0)
    assert (file.len, file.read(10)) == (0, b"")
