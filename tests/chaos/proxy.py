"""A TCP proxy that can reset, refuse, slow down or stall connections."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine
from typing import Any

_CHUNK_BYTES = 16 * 1024
_SLOW_CHUNK_BYTES = 512
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)

Address = tuple[str, int]


class Proxy:
    """Forwards connections from one address to another, in a thread of its own.

    Every method but ``close`` may be called repeatedly, from any thread.
    """

    def __init__(self, address: Address, target: Address) -> None:
        self.address = address
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], list[asyncio.StreamWriter]] = {}
        self._open = asyncio.Event()
        self._bytes_per_s: float | None = None
        self._thread.start()
        try:
            self._do(self._heal())
        except OSError:
            self.close()
            raise

    def cut(self) -> None:
        """Reset every connection; new ones are accepted."""
        self._do(self._cut())

    def refuse(self) -> None:
        """Reset every connection, and refuse new ones."""
        self._do(self._refuse())

    def slow(self, bytes_per_s: float) -> None:
        """Limit each direction of each connection to this rate."""
        self._do(self._slow(bytes_per_s))

    def stall(self) -> None:
        """Keep the connections and accept new ones, but forward nothing, not even a close."""
        self._do(self._stall())

    def recover(self) -> None:
        """Forward everything again."""
        self._do(self._heal())

    def close(self) -> None:
        """Close the proxy and every connection."""
        self._do(self._refuse())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(timeout=10)

    async def _heal(self) -> None:
        self._bytes_per_s = None
        self._open.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, *self.address)

    async def _cut(self) -> None:
        tasks = list(self._connections)
        for task, writers in list(self._connections.items()):
            for writer in writers:
                _reset(writer)
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _refuse(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._cut()

    async def _slow(self, bytes_per_s: float) -> None:
        self._bytes_per_s = bytes_per_s

    async def _stall(self) -> None:
        self._open.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a connection is served outside of any task")
        writers = self._connections[task] = [writer]
        try:
            # A stalled proxy does not even connect to the target.
            await self._open.wait()
            there, back = await asyncio.open_connection(*self._target)
            writers.append(back)
            await asyncio.gather(self._pass(reader, back), self._pass(there, writer))
        except OSError:
            for open_writer in writers:
                _reset(open_writer)
        except asyncio.CancelledError:
            pass  # it was cut; the task ends here, and its writers are closed
        finally:
            del self._connections[task]
            for open_writer in writers:
                open_writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(self._chunk_bytes()):
            if self._bytes_per_s is not None:
                await asyncio.sleep(len(data) / self._bytes_per_s)
            await self._open.wait()
            writer.write(data)
            await writer.drain()
        await self._open.wait()
        with contextlib.suppress(OSError):
            writer.write_eof()

    def _chunk_bytes(self) -> int:
        return _CHUNK_BYTES if self._bytes_per_s is None else _SLOW_CHUNK_BYTES


def _reset(writer: asyncio.StreamWriter) -> None:
    """Make the close that follows one that the other side sees as a reset."""
    with contextlib.suppress(OSError):
        connection: socket.socket = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
    writer.transport.abort()
