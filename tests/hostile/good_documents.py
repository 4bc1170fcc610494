"""Makes the small valid documents that are damaged afterwards: PDF, Office files, texts, mail."""

import zlib
from pathlib import Path

from tests.hostile import docx_writing, pdf_writing
from tests.hostile.pdf_writing import CONTENT, FONT, deflated, one_page, page, stream

_OF_OTHER_PROGRAMS = Path(__file__).parents[1] / "data" / "document"
_MAIL = b"""\
From: a@example.org
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=x

--x
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Sch=C3=B6ne Gr=C3=BC=C3=9Fe
--x
Content-Type: text/html

<p>Hello
--x--
"""


def make() -> dict[str, bytes]:
    """Return the documents by file name."""
    return {
        "plain.pdf": one_page(stream(CONTENT)),
        "packed.pdf": one_page(deflated(CONTENT)),
        "chain.pdf": one_page(_chained(CONTENT)),
        "pages.pdf": _pages(),
        "modern.pdf": _modern(),
        "fields.pdf": _form(),
        "open.pdf": pdf_writing.encrypted(b""),
        "locked.pdf": pdf_writing.encrypted(b"secret"),
        "letter.docx": docx_writing.whole(),
        "short.docx": docx_writing.package(docx_writing.document(docx_writing.paragraph("Hello"))),
        "old.doc": _old_office("WordDocument"),
        "locked.docx": _old_office("EncryptedPackage"),
        "notes.txt": b"Meeting notes\n\nAda brings the seeds.\n",
        "about.txt": b"A PDF begins with %PDF-1.4, says the manual.\n" * 4,
        "greetings.eml": _MAIL,
        **{path.name: path.read_bytes() for path in sorted(_OF_OTHER_PROGRAMS.iterdir())},
    }


def _chained(content: bytes) -> bytes:
    packed = zlib.compress(content).hex().encode() + b">"
    return stream(packed, b"/Filter[/ASCIIHexDecode/FlateDecode]")


def _pages() -> bytes:
    kids = b" ".join(b"%d 0 R" % number for number in (3, 6, 7))
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count 3>>" % kids,
        page(),
        deflated(CONTENT),
        FONT,
        page(),
        page(more=b"/Rotate 90"),
        b"<</Title(A title)/Author(Ada)/Subject<FEFF00E4>/Creator(a program)>>",
    )
    return pdf_writing.file(objects, b"/Info 8 0 R")


def _modern() -> bytes:
    """Return a file with a table that is a stream."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        page(),
        deflated(CONTENT),
        FONT,
    )
    return pdf_writing.with_xref_stream(objects)


def _form() -> bytes:
    resources = b"/Font<</F 5 0 R>>/XObject<</X 6 0 R>>"
    inner = stream(CONTENT, b"/Type/XObject/Subtype/Form/BBox[0 0 200 80]")
    return one_page(stream(b"/X Do"), inner, resources=resources)


def _old_office(entry: str) -> bytes:
    """Return an OLE file ([MS-CFB]) as far as its directory's one entry."""
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + b"\x3e\x00\x03\x00\xfe\xff\x09\x00"
    directory = entry.encode("utf-16-le").ljust(128, b"\0")
    return head.ljust(512, b"\xff") + directory.ljust(1024, b"\0")
