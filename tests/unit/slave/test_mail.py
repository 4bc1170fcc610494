"""The mail reader: headers, bodies, attachments, hostile files."""

import io
from email.message import EmailMessage

import pytest

from protocol import failures
from slave_service import document_processing
from slave_service.formats.mail import reading as mail

CASE = b"""\
From: a@example.org
To: b@example.org
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Sch=C3=B6ne Gr=C3=BC=C3=9Fe aus K=C3=B6ln
"""
HEAD = b"From: a\nTo: b\nSubject: c\n"


def read(data: bytes) -> dict[str, object]:
    return document_processing.process(io.BytesIO(data))


def body(result: dict[str, object]) -> str:
    return str(result["text_content"]).partition("\n\n")[2]


def a_mail() -> EmailMessage:
    made = EmailMessage()
    made["From"] = "Žofie <z@example.org>"
    made["To"] = "a@example.org, b@example.org"
    made["Subject"] = "Příliš žluťoučký"
    made["Date"] = "Fri, 27 Nov 2026 20:36:11 +0100"
    return made


def test_mail() -> None:
    """Encoded headers and the encoded text are read."""
    result = read(CASE)
    assert result["document_type"] == "Email"
    assert result["text_content"] == (
        "From: a@example.org\nTo: b@example.org\nSubject: Grüße\n\nSchöne Grüße aus Köln"
    )
    assert result["warnings"] == []


def test_headers() -> None:
    """The headers are keys of their own, and the metadata has subject, author and date."""
    made = a_mail()
    made.set_content("text")
    result = read(made.as_bytes())
    assert result["headers"] == {
        "from": "Žofie <z@example.org>",
        "to": "a@example.org, b@example.org",
        "cc": "",
        "subject": "Příliš žluťoučký",
        "date": "Fri, 27 Nov 2026 20:36:11 +0100",
    }
    metadata = result["metadata"]
    assert isinstance(metadata, dict)
    assert metadata["title"] == "Příliš žluťoučký"
    assert metadata["created"] == "2026-11-27T20:36:11+01:00"


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-2", "cp1250"])
@pytest.mark.parametrize("encoding", ["quoted-printable", "base64", "8bit"])
def test_charsets(charset: str, encoding: str) -> None:
    """A text in any charset and transfer encoding is decoded."""
    made = a_mail()
    made.set_content("Příliš žluťoučký kůň\n", charset=charset, cte=encoding)
    assert body(read(made.as_bytes())) == "Příliš žluťoučký kůň"


@pytest.mark.parametrize("charset", [b"", b"; charset=nonsense", b"; charset=us-ascii"])
def test_wrong_charsets(charset: bytes) -> None:
    """Without a usable charset the content decides, also that of headers."""
    data = "From: Jörg\nTo: b\nSubject: Grüße\nContent-Type: text/plain".encode()
    result = read(data + charset + "\n\nSchöne Grüße\n".encode())
    assert (
        str(result["text_content"]).split()
        == "From: Jörg To: b Subject: Grüße Schöne Grüße".split()
    )


def test_alternatives() -> None:
    """Of alternatives the plain text is taken, or the HTML where that has no words."""
    made = a_mail()
    made.set_content("plain")
    made.add_alternative("<p>rich<br>text</p>", subtype="html")
    assert body(read(made.as_bytes())) == "plain"
    made = a_mail()
    made.set_content("\n")
    made.add_alternative("<p>rich<br>text</p>", subtype="html")
    assert body(read(made.as_bytes())) == "rich\ntext"


def test_attachments_are_named() -> None:
    """Attachments are named with a warning; an attached mail is read."""
    inner = a_mail()
    inner.set_content("forwarded")
    made = a_mail()
    made.set_content("see below")
    made.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="zpráva.pdf")
    made.add_attachment("a,b", filename="list.csv")
    made.add_attachment(inner)
    result = read(made.as_bytes())
    assert result["attachments"] == ["zpráva.pdf", "list.csv"]
    warning = str(result["warnings"])
    assert "attached files (2)" in warning
    text = str(result["text_content"])
    assert "see below" in text
    assert text.endswith("forwarded")


def test_encrypted_mail_gives_a_warning() -> None:
    """The text of an encrypted mail is not read, and a warning says why."""
    result = read(HEAD + b"Content-Type: application/pkcs7-mime; name=smime.p7m\n\nMIAG\n")
    assert "is encrypted" in str(result["warnings"])


def nested(depth: int) -> bytes:
    inner = b"Content-Type: text/plain\n\ndeep\n"
    for number in range(depth):
        mark = b"m%d" % number
        inner = b"Content-Type: multipart/mixed; boundary=%s\n\n--%s\n%s\n--%s--\n" % (
            mark,
            mark,
            inner,
            mark,
        )
    return HEAD + inner


def test_nested_parts() -> None:
    """Parts that are nested some levels deep are read; very deep ones are refused."""
    assert body(read(nested(10))) == "deep"
    with pytest.raises(failures.Corrupt, match="too deeply"):
        read(nested(400))


@pytest.mark.parametrize(
    "data",
    [
        HEAD + b"Cc: " + b"=?utf-8?q?" * 40_000 + b"\n\nx\n",
        HEAD + b"Cc: " + b"(" * 400_000 + b"\n\nx\n",
        HEAD + b"Date: " + b"9" * 100_000 + b"\n\nx\n",
        HEAD + b"Content-Type: text/plain;" + b" a*0=b;" * 20_000 + b"\n\nx\n",
        HEAD + b'Content-Type: text/plain; a="' + b";" * 100_000 + b"\n\nx\n",
        HEAD + b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\n\nx\n" * 1000,
        HEAD + b"Content-Type: multipart/mixed\n\nx\n",
        HEAD + b"Content-Transfer-Encoding: base64\n\n!" + b"A" * 100_000 + b"\n",
    ],
)
def test_hostile_mails(data: bytes) -> None:
    """Endless headers and damaged parts are read in bounded time."""
    assert read(data)["document_type"] == "Email"


def test_dates_that_are_none() -> None:
    """A date that can't be read is left out."""
    assert mail.date("yesterday") == mail.date("Mon, 99 Foo 99999 99:99") == ""
