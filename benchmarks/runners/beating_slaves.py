"""Stands for many slaves that send heartbeats and answer the master's calls, in one process.

Each has an address of its own in 127.0.0.0/8 and one lasting connection to the master, as a slave
has, and registers with all that a real one states. The command line has the master's port, the
number of slaves and the seconds between heartbeats. The first line of standard output says that all
have registered; the last, after the input has ended, has the number of heartbeats.
"""

import asyncio
import contextlib
import json
import os
import random
import sys
import time

from protocol.task_types import TASK_TYPES
from protocol.wire import CONTRACT_VERSION
from slave_service.registration import versions

_PORT = 3000
_MAX_START_S = 120
_ALIVE = b'{"status": "alive"}'
_ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(_ALIVE)
) + _ALIVE


def main() -> None:
    """Send heartbeats until the input ends."""
    asyncio.run(_run(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))


async def _run(master_port: int, count: int, interval_s: float) -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin, stopped.set)
    addresses = [f"127.{1 + number // 250}.0.{1 + number % 250}" for number in range(count)]
    for address in addresses:
        await asyncio.start_server(_answer, address, _PORT)
    registered: list[str] = []
    beats = [
        asyncio.create_task(_beat(address, master_port, interval_s, stopped, registered))
        for address in addresses
    ]
    deadline = time.monotonic() + _MAX_START_S
    while len(set(registered)) < count:
        if time.monotonic() > deadline:
            found = len(set(registered))
            print(f"only {found} of {count} slaves were registered", file=sys.stderr)
            os._exit(1)  # without a report on each task that is cancelled
        await asyncio.sleep(0.1)
    registered.clear()
    print("registered", flush=True)
    await stopped.wait()
    print(len(registered), flush=True)
    for beat in beats:
        beat.cancel()
    await asyncio.gather(*beats, return_exceptions=True)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer every call of the master on one connection."""
    with (
        contextlib.closing(writer),
        contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError),
    ):
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(_ANSWER)
            await writer.drain()


async def _beat(
    address: str, port: int, interval_s: float, stopped: asyncio.Event, registered: list[str]
) -> None:
    """Register again and again; adds the address to ``registered`` each time.

    Like a slave, it opens a new connection where the master has closed the last one.
    """
    request = _request(address, port)
    # Slaves that were started at different times do not send at once.
    await asyncio.sleep(random.uniform(0, interval_s))  # noqa: S311 (no secret)
    while not stopped.is_set():
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            with contextlib.closing(writer):
                while await _register(reader, writer, request):
                    registered.append(address)
                    await asyncio.sleep(interval_s)
        await asyncio.sleep(interval_s)


async def _register(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> bool:
    """Send one registration; returns whether the master accepted it."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    await reader.readexactly(length)
    return b" 200 " in head.split(b"\r\n")[0]


def _request(address: str, port: int) -> bytes:
    body = json.dumps(
        {
            "slave_ip": address,
            "slave_port": _PORT,
            "workers": 2,
            "tls": False,
            "task_types": list(TASK_TYPES),
            "unavailable": {},
            "contract_version": CONTRACT_VERSION,
            "versions": versions(),
            "features": ["ocr:eng"],
        }
    ).encode()
    head = (
        f"POST /register HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


if __name__ == "__main__":
    main()
