"""Mails of Outlook (MSG), which are written here by their specification."""

import io
import struct
import time
from typing import Any

import pytest

from protocol import failures
from slave_service import document_processing
from slave_service.formats.ole import rtf_packing
from tests.hostile.ole_writing import Storage, ole, property_stream, texts

SENT = property_stream({0x00390040: struct.pack("<Q", 133_279_398_000_000_000)}, 32)
"""13,327,939,800 seconds after the begin of 1601, which is 1,683,466,200 after that of 1970."""


def read(storage: Storage) -> dict[str, Any]:
    return document_processing.process(io.BytesIO(ole(storage)))


def mail(**more: Any) -> dict[str, Any]:
    """Return the streams of a mail with a plain text."""
    about = {
        0x0037: "Grüße 日本",
        0x0C1A: "Ada",
        0x5D01: "ada@example.org",
        0x1000: "Some text\r\nend",
    }
    recipients = {
        f"__recip_version1.0_#{number:08X}": {
            **texts({0x3001: name, 0x39FE: address}),
            "__properties_version1.0": property_stream({0x0C150003: bytes([kind])}, 8),
        }
        for number, (kind, name, address) in enumerate(
            [
                (1, "Bob", "bob@example.org"),
                (1, "Eve", "/o=Exchange/cn=eve"),
                (2, "", "c@d.example"),
            ]
        )
    }
    return {"__properties_version1.0": SENT, **texts(about), **recipients, **more}


def attached(number: int, content: Storage) -> dict[str, Any]:
    return {f"__attach_version1.0_#{number:08X}": content}


def test_headers_and_text() -> None:
    """The text begins with the headers; recipients have names and addresses."""
    result = read({**mail(), **attached(0, texts({0x3707: "plan.pdf", 0x3701: b"data"}))})
    headers = {
        "from": "Ada <ada@example.org>",
        "to": "Bob <bob@example.org>, Eve",
        "cc": "c@d.example",
        "subject": "Grüße 日本",
        "date": "2023-05-07T13:30:00+00:00",
    }
    assert result["document_type"] == "Email"
    assert result["headers"] == headers
    lines = [f"{name.capitalize()}: {value}" for name, value in headers.items()]
    assert result["text_content"].split("\n") == [*lines, "", "Some text", "end"]
    assert result["attachments"] == ["plan.pdf"]
    assert "attached files (1)" in result["warnings"][0]
    assert result["metadata"]["title"] == "Grüße 日本"


def test_attached_mails_are_read() -> None:
    """An attached mail follows the text, with its headers."""
    inner = {
        **texts({0x0037: "Inner", 0x1000: "inner words"}),
        "__properties_version1.0": bytes(24),
    }
    result = read({**mail(), **attached(0, {"__substg1.0_3701000D": inner})})
    assert result["text_content"].endswith("end\n\nSubject: Inner\n\ninner words")
    assert (result["attachments"], result["warnings"]) == ([], [])


def test_texts_of_a_code_page() -> None:
    """Texts in bytes are decoded by the code page that the mail states."""
    fixed = property_stream({0x3FFD0003: struct.pack("<I", 1251)}, 32)
    result = read(
        {"__properties_version1.0": fixed, "__substg1.0_1000001E": "Привет".encode("cp1251")}
    )
    assert result["text_content"] == "Привет"


def test_html_bodies() -> None:
    """Without a plain text, the HTML is read."""
    html = "<html><meta charset=utf-8><body><p>Käse<p>x".encode()
    result = read({"__properties_version1.0": SENT, **texts({0x1013: html})})
    assert result["text_content"].endswith("Käse\nx")


def plain_rtf(rtf: bytes) -> bytes:
    return struct.pack("<2I4sI", len(rtf) + 12, len(rtf), b"MELA", 0) + rtf


def packed_rtf(rtf: bytes) -> bytes:
    """Return RTF in the packed form, without references back."""
    body = b"".join(b"\0" + rtf[at : at + 8] for at in range(0, len(rtf), 8))
    return struct.pack("<2I4sI", len(body) + 12, len(rtf), b"LZFu", 0) + body


@pytest.mark.parametrize("form", [plain_rtf, packed_rtf])
def test_rtf_bodies(form: Any) -> None:
    """Without plain text and HTML, the RTF is unpacked and read."""
    data = form(rb"{\rtf1\ansi Hello world\par}")
    result = read({"__properties_version1.0": SENT, **texts({0x1009: data})})
    assert result["text_content"].endswith("Hello world")


def test_references_back_into_the_window() -> None:
    """A reference of 12 bits for the place and 4 for the length repeats what was written."""
    begin = len(rtf_packing.BEGIN)
    body = bytes([0b1000]) + b"abc" + struct.pack(">H", begin << 4 | 4) + b"!"
    data = struct.pack("<2I4sI", len(body) + 12, 10, b"LZFu", 0) + body
    assert rtf_packing.unpacked(data) == b"abcabcabc!"


def test_hostile_mails() -> None:
    """Mails inside each other without end are refused soon."""
    inner: dict[str, Any] = {"__properties_version1.0": bytes(24)}
    for _ in range(40):
        inner = {
            "__properties_version1.0": bytes(24),
            **attached(0, {"__substg1.0_3701000D": inner}),
        }
    begin = time.process_time()
    with pytest.raises(failures.Corrupt):
        read({**mail(), **attached(0, {"__substg1.0_3701000D": inner})})
    assert time.process_time() - begin < 3
