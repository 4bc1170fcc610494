"""Writes the heads of the parts of a form (multipart/form-data, RFC 7578).

The encoder of ``requests_toolbelt`` takes ten times the CPU time for a small file, and imports
``requests``, which takes longer than to send small files.
"""

import os

_BOUNDARY_BYTES = 16
_QUOTED = str.maketrans({"\n": "%0A", "\r": "%0D", '"': "%22"})
"""As browsers quote names (WHATWG HTML, "Multipart form data")."""


def new_boundary() -> str:
    """Return a boundary; it is random, so that no file can contain it on purpose."""
    return os.urandom(_BOUNDARY_BYTES).hex()


def field_head(boundary: str, name: str) -> bytes:
    """Return the head of a field that is not a file."""
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()


def file_head(boundary: str, field: str, filename: str) -> bytes:
    """Return the head of a file; a character that UTF-8 can't encode becomes a question mark."""
    return (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="{field}"; '
        f'filename="{filename.translate(_QUOTED)}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode("utf-8", "replace")


def form_end(boundary: str) -> bytes:
    """Return what ends the form, after the last part and its line end."""
    return f"--{boundary}--\r\n".encode()
