"""The messages between the master and its Dask client process: a line of JSON, then bytes.

To the client process:

- ``{"submit": {…}}``: process the files of a batch. ``number`` names the batch; ``task_type``,
  ``features``, ``options``; ``files`` are pairs of path and size; ``filenames``; ``avoid`` are the
  workers ("ip:port") that are not to have it where others can.
- ``{"cancel": number}``: the outcome of the batch is not needed any more.

From the client process:

- ``{"event": "cluster", "problem", "workers"}``: why there are no workers, or null; the workers as
  ``start`` of ``slave_service.dask_worker`` describes them, with ``address`` (a URL) and
  ``threads``.
- ``{"event": "begun", "batch", "worker"}``: a worker has begun the batch.
- ``{"event": "ended", "batch", "worker", "elapsed_s", "files"}``: for each file its ``bytes``,
  which follow the line in this order, or ``code`` and ``error``, or ``unreadable``. ``worker`` is
  empty where none of the files could be read.
- ``{"event": "lost", "batch", "reason"}``: the batch has no outcomes, for a reason that says
  nothing about its files.

The end of either pipe means that the other process has ended.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from protocol.wire import json_bytes

Message = dict[str, Any]


def name_of(address: str) -> str:
    """Return the name ("ip:port") of the Dask worker at an address."""
    return address.partition("://")[2]


def write(pipe: BinaryIO, message: Message, data: Sequence[bytes] = ()) -> None:
    """Write one message; the sizes of ``data`` are in the message."""
    pipe.write(json_bytes(message) + b"\n")
    for each in data:
        pipe.write(each)
    pipe.flush()


def read(pipe: BinaryIO) -> Iterator[tuple[Message, list[bytes]]]:
    """Yield each message and its bytes, until the pipe ends; raises ``EOFError`` within one."""
    for line in pipe:
        message = json.loads(line)
        sizes = [file["bytes"] for file in message.get("files", ()) if "bytes" in file]
        data = [pipe.read(size) for size in sizes]
        if [len(each) for each in data] != sizes:
            raise EOFError("the client process ended within a message")
        yield message, data
