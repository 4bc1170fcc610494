"""The form in which files are sent, read back by the parser of the master."""

import io
import os
from pathlib import Path

import pytest
from multipart import MultipartParser

from client_service.errors import UsageError
from client_service.local_files import Source
from client_service.master_api.http_exchange import Body
from client_service.master_api.multipart_form import form_of


def sources(folder: Path, *contents: bytes) -> list[Source]:
    found = []
    for number, content in enumerate(contents):
        (path := folder / f"{number}.txt").write_bytes(content)
        found.append(Source(path, f"folder/{number}.txt", len(content)))
    return found


def whole(body: Body) -> bytes:
    return b"".join(body.pieces()) + body.end


def test_files_are_read_back(tmp_path: Path) -> None:
    """Names, order and content of small, empty and large files; the stated length is right."""
    contents = (b"a", b"", os.urandom(1_000_000), b"--\r\n", b"b" * 300_000)
    body = form_of("texts", sources(tmp_path, *contents))
    for _ in range(2):  # each try reads the files anew
        sent = whole(body)
        assert len(sent) == body.length
        parts = list(MultipartParser(io.BytesIO(sent), body.kind.partition("boundary=")[2]))
        assert [part.raw for part in parts] == list(contents)
        assert {part.name for part in parts} == {"texts"}
        assert [part.filename for part in parts] == [f"folder/{n}.txt" for n in range(5)]
        assert {part.content_type for part in parts} == {"application/octet-stream"}
        for part in parts:
            part.close()
    assert max(map(len, body.pieces())) <= 1 << 19


def test_names_are_escaped_as_browsers_do(tmp_path: Path) -> None:
    """Quotes and line ends in a name can't end the head of its part."""
    (source,) = sources(tmp_path, b"")
    body = form_of("texts", [Source(source.path, 'say "ä%22"\r\n.txt', 0)])
    assert 'filename="say %22ä%22%22%0D%0A.txt"\r\n'.encode() in whole(body)


def test_first_piece_is_small(tmp_path: Path) -> None:
    """The first files are on their way before all are read."""
    body = form_of("texts", sources(tmp_path, *[b"x" * 1000] * 100))
    assert len(next(iter(body.pieces()))) < 20_000


def test_file_that_grew_is_sent_as_it_was(tmp_path: Path) -> None:
    """Only the bytes that were counted are sent, as the stated length demands."""
    files = sources(tmp_path, b"ab", b"c")
    body = form_of("texts", files)
    files[0].path.write_bytes(b"abcdef")
    assert len(whole(body)) == body.length


def test_file_that_shrank_or_vanished_is_told(tmp_path: Path) -> None:
    """Such a file ends the upload; the message names it."""
    files = sources(tmp_path, b"ab", b"c")
    files[0].path.write_bytes(b"a")
    with pytest.raises(UsageError, match=r"0\.txt has become shorter while it was sent"):
        whole(form_of("texts", files))
    files[0].path.unlink()
    with pytest.raises(UsageError, match=r"0\.txt can't be read"):
        whole(form_of("texts", files))
