"""Reads the PDF on standard input with PyPDF2, in a process of its own with a deadline.

PyPDF2 opens some damaged files that PDFium refuses. It is no longer maintained and never returns
for some others, so this process ends itself after ``DEADLINE_S``, also where the worker that
started it has ended. It writes one line of JSON, an ``Answer``, and exits with 0; any other exit
code means that the file can't be read.
"""

import io
import json
import os
import sys
import threading
import warnings
from typing import TypedDict

DEADLINE_S = 10.0
MAX_BYTES = 64 * 1024 * 1024
MAX_PAGES = 20_000
MAX_CHARACTERS = 64 * 1024 * 1024


class Answer(TypedDict):
    """The content of a PDF: the text of each page, or none where ``refusal`` gives a reason."""

    refusal: str
    """"", "encrypted" or "too_large"."""
    pages: list[str]
    metadata: dict[str, str]


def read(data: bytes) -> Answer:
    """Return what PyPDF2 reads from ``data``; exceptions of PyPDF2 are not caught."""
    with warnings.catch_warnings():
        # PyPDF2 warns at import that it is deprecated, and later of each irregularity in a file.
        warnings.simplefilter("ignore")
        from PyPDF2 import PdfReader

        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            return Answer(refusal="encrypted", pages=[], metadata={})
        pages: list[str] = []
        characters = 0
        for page in reader.pages:
            pages.append(page.extract_text())
            characters += len(pages[-1])
            if len(pages) > MAX_PAGES or characters > MAX_CHARACTERS:
                return Answer(refusal="too_large", pages=[], metadata={})
        found: dict[str, object] = dict(reader.metadata or {})
        metadata = {key.lstrip("/").lower(): str(value) for key, value in found.items()}
        return Answer(refusal="", pages=pages, metadata=metadata)


def main() -> None:
    """Read the PDF from standard input and write the answer."""
    watchdog = threading.Timer(DEADLINE_S, os._exit, (3,))
    watchdog.daemon = True
    watchdog.start()
    answer = read(sys.stdin.buffer.read())
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
