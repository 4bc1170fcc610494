"""Recognising HTML, mails and RTF by their first bytes."""

import pytest

from protocol import markup

MAIL = b"Received: by x\n\tfrom y\nFrom: a@b\nSubject: s\n\nbody\n"


@pytest.mark.parametrize(
    "head",
    [
        b"<!DOCTYPE html>",
        b"\xef\xbb\xbf \r\n<HTML lang=en>",
        b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "x">',
        b"<!-- saved - from -- here --><html >",
        b"<title>x</title>",
    ],
)
def test_html(head: bytes) -> None:
    """HTML is known by its first tag, after a mark, a declaration and comments."""
    assert markup.is_html(head)
    assert markup.is_markup(head)


@pytest.mark.parametrize(
    "head", [b"", b"a <html>", b"<htmlx>", b"<p align=center>", b"<!-- <html>", b"<?xml?><svg>"]
)
def test_not_html(head: bytes) -> None:
    """A text about HTML, a Markdown file that begins with a tag, and other XML are not HTML."""
    assert not markup.is_markup(head)


@pytest.mark.parametrize(
    "head", [MAIL, MAIL.replace(b"\n", b"\r\n"), MAIL[:-4], b"From: a\nTo: b\nDate: c\nSub"]
)
def test_mails(head: bytes) -> None:
    """A mail begins with three known headers, From among them; the last line may be cut off."""
    assert markup.is_mail(head)
    assert markup.is_markup(head)


@pytest.mark.parametrize(
    "head",
    [
        b"From: a\nTo: b\n\nx",
        b"To: b\nSubject: c\nDate: d\n\n",
        b"Dear all,\nFrom: a\nTo: b\nSubject: c\n\n",
        b" From: a\nTo: b\nSubject: c\n\n",
        b"From: a\nTo: b\nSubject: c\nno header\n\n",
    ],
)
def test_not_mails(head: bytes) -> None:
    """A text with fewer headers, or other lines among them, is not a mail."""
    assert not markup.is_markup(head)


def test_rtf() -> None:
    """RTF is known by its first group."""
    assert markup.is_markup(b"{\\rtf1\\ansi}")


def test_a_long_head_takes_linear_time() -> None:
    """Comments that do not end are searched once."""
    assert not markup.is_markup(b"<!--" * 4000 + b"-" * 4000)
