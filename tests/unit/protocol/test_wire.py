"""Encoding, decoding and checking what master, slave and client send."""

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
def test_result_survives_encoding(filename: str, data: bytes) -> None:
    """A result with any name and any bytes is decoded as it was encoded."""
    body = json_bytes({"results": [encode_outcome(Outcome(filename, data), KEY)]})
    assert decode_answer(body, KEY, 1) == [Outcome(filename, data)]


def test_failure_survives_encoding() -> None:
    """A failure is decoded with its code and error; its entry has no result."""
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
    """A failure with an unknown or invalid code is kept, with the code ``internal``."""
    outcome = decode_outcome({"filename": "a", "error": "Oops", "code": code}, KEY)
    assert outcome.failure == Failure("internal", "Oops")


def test_every_code_is_known() -> None:
    """``KNOWN_CODES`` has the distinct codes of all subclasses of ``FileError``."""
    kinds = failures.FileError.__subclasses__()
    assert {kind.code for kind in kinds} == KNOWN_CODES
    assert len(kinds) == len(KNOWN_CODES)


@pytest.mark.parametrize("code", [{}, {"code": "internal"}])
def test_error_without_a_code_is_internal(code: dict[str, Any]) -> None:
    """Slaves of the original system send errors without codes."""
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
    """An entry without a result in strict Base64 or an error raises ``WireError``."""
    with pytest.raises(WireError):
        decode_outcome(entry, KEY)


def test_texts_from_a_slave_are_cut() -> None:
    """Names and errors from a slave are cut, since the master stores them with the job."""
    entry = {"filename": "n" * 9000, "error": "e" * 9000, "code": "corrupt"}
    failure = Failure("corrupt", "e" * 2000)
    assert decode_outcome(entry, KEY) == Outcome("n" * 2000, failure=failure)


WARNED = Outcome("a.tiff", b"x", warnings=("Of 3 pages 1 was read.", "It is cut off."))


def test_warnings_survive_encoding() -> None:
    """Warnings are decoded as they were encoded; without warnings the entry has no such key."""
    entry = encode_outcome(WARNED, KEY)
    assert entry["warnings"] == list(WARNED.warnings)
    assert decode_outcome(json.loads(json_bytes(entry)), KEY) == WARNED
    assert "warnings" not in encode_outcome(Outcome("a", b"x"), KEY)


@pytest.mark.parametrize("odd", [None, "text", 7, {"a": 1}, [[1]], [None, 3]])
def test_malformed_warnings_are_ignored(odd: object) -> None:
    """A result with malformed warnings is kept, without the warnings."""
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
    """An answer that is not JSON, or lacks one entry for each file, raises ``WireError``."""
    with pytest.raises(WireError):
        decode_answer(body, KEY, 2)


def test_answer_may_begin_with_keep_alive_lines() -> None:
    """Blank lines before the JSON, with which a slave keeps the connection alive, are ignored."""
    body = b"\n \n\n" + json_bytes({"results": [GOOD]})
    assert decode_answer(body, KEY, 1) == [Outcome("a", b"x")]


# JSON


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_json_is_strict(number: float) -> None:
    """NaN and infinities raise ``ValueError``."""
    with pytest.raises(ValueError, match="JSON"):
        json_bytes({"value": number})


def test_json_is_utf8_and_keeps_broken_names() -> None:
    """Text is encoded as UTF-8; a lone surrogate as a JSON escape."""
    assert json_bytes("é") == '"é"'.encode()
    assert json.loads(json_bytes("broken-\udcff.txt")) == "broken-\udcff.txt"


# Credentials and addresses


def test_token_travels_as_bearer() -> None:
    """The header that ``bearer`` makes is accepted; without a token there is no header."""
    assert is_authorized(bearer("s3cret")["Authorization"], "s3cret")
    assert bearer(None) == bearer("") == {}


@pytest.mark.parametrize("header", ["bearer s3cret", "BEARER s3cret", "Bearer   s3cret "])
def test_scheme_is_read_in_any_case(header: str) -> None:
    """The scheme is accepted in any case, and spaces around the token are ignored."""
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
    """A missing or wrong token, and another scheme, are not authorized."""
    assert not is_authorized(header, "s3cret")


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "localhost.", "127.0.0.1", "127.200.3.4", "::1", "[::1]"]
)
def test_loopback_is_known(host: str) -> None:
    """All names and addresses of this computer are recognized."""
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "0.0.0.0", "::", "10.0.0.1", "localhost.evil.example", "127.0.0.1.nip.io", "127.1", "me"],
)
def test_other_hosts_are_not_loopback(host: str) -> None:
    """Other hosts are not loopback, even if their names contain ``localhost`` or 127.0.0.1."""
    assert not is_loopback(host)


def test_reason_is_the_innermost() -> None:
    """``root_cause`` returns the innermost message of a nested error."""
    assert root_cause(ValueError("HTTPConnection(host='x'): Connection refused")) == (
        "Connection refused"
    )
    assert root_cause(ValueError("it broke")) == "it broke"


def test_reason_is_one_short_printable_line() -> None:
    """Control characters are replaced and long texts cut, since errors quote other programs."""
    assert root_cause(ValueError("a\n2026 forged \x1b[2J")) == "a?2026 forged ?[2J"
    assert len(root_cause(ValueError("x" * 100_000))) == 500


# Files to send


def test_file_is_read_in_pieces_and_counted_down(tmp_path: Path) -> None:
    """``len`` is the number of bytes left after each read; reading ends at the stated size."""
    path = tmp_path / "0"
    path.write_bytes(b"0123456789")
    file = LazyFile(path, 10)
    assert (file.read(4), file.len) == (b"0123", 6)
    assert (file.read(99), file.len) == (b"456789", 0)
    path.unlink()


def test_file_that_has_grown_is_sent_as_it_was(tmp_path: Path) -> None:
    """Only the announced bytes of a file that has grown are sent."""
    path = tmp_path / "0"
    path.write_bytes(b"0123456789")
    assert LazyFile(path, 4).read() == b"0123"


def test_file_that_has_shrunk_is_an_error(tmp_path: Path) -> None:
    """A file that has fewer bytes than announced raises ``SourceChanged``."""
    path = tmp_path / "0"
    path.write_bytes(b"012")
    file = LazyFile(path, 10)
    assert file.read(8) == b"012"
    with pytest.raises(SourceChanged, match="shorter"):
        file.read(8)


def test_unreadable_file_is_not_an_error_of_the_connection(tmp_path: Path) -> None:
    """A file that can't be read raises ``SourceChanged`` with its path, not ``OSError``."""
    with pytest.raises(SourceChanged, match="No such file") as caught:
        LazyFile(tmp_path / "gone", 3).read()
    assert caught.value.path == tmp_path / "gone"
    assert not isinstance(caught.value, OSError)


def test_file_is_opened_when_it_is_read(tmp_path: Path) -> None:
    """A file is opened at its first read, so that a request may have thousands of files."""
    file = LazyFile(tmp_path / "not yet", 3)
    (tmp_path / "not yet").write_bytes(b"abc")
    assert file.read() == b"abc"


def test_empty_file_is_read(tmp_path: Path) -> None:
    """An empty file reads as no bytes."""
    (tmp_path / "0").touch()
    file = LazyFile(tmp_path / "0", 0)
    assert (file.len, file.read(10)) == (0, b"")
