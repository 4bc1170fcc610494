"""Writes uploads as a form, with any name: invalid UTF-8, quotes and line ends too."""

import uuid
from collections.abc import Iterable

from protocol.task_types import TASK_TYPES

# As browsers write them (WHATWG, HTML, multipart form data).
_ESCAPES = {ord('"'): "%22", ord("\r"): "%0D", ord("\n"): "%0A"}


def form(task_type: str, files: Iterable[tuple[str, bytes]]) -> tuple[str, bytes]:
    """Return content type and body of a request for ``/assign_task``."""
    boundary = f"hostile-{uuid.uuid4().hex}"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="'
    field = TASK_TYPES[task_type].form_field
    parts = [f'{head}task_type"\r\n\r\n{task_type}\r\n'.encode()]
    for name, data in files:
        # A lone half of a pair is sent as the bytes that it would have.
        sent = name.translate(_ESCAPES).encode("utf-8", "surrogatepass")
        opening = f'{head}{field}"; filename="'.encode() + sent
        parts += [opening, b'"\r\nContent-Type: application/octet-stream\r\n\r\n', data, b"\r\n"]
    parts.append(f"--{boundary}--\r\n".encode())
    return f"multipart/form-data; boundary={boundary}", b"".join(parts)
