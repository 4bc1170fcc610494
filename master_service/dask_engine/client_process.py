"""The program of the Dask client process, ``python -m master_service.dask_engine.client_process``.

Its argument is the address of a Dask scheduler; without one, it starts a local cluster. It connects
again whenever the connection is lost, and ends when its standard input does.
"""

import asyncio
import contextlib
import json
import logging
import os
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO

from distributed import Client, LocalCluster

from master_service.dask_engine import messages
from master_service.dask_engine.batches import Batches
from master_service.dask_engine.cluster import Cluster

_log = logging.getLogger("dask-client")
_CONNECT_TIMEOUT_S = 5
_RECONNECT_PAUSE_S = 1.0
_CLOSE_TIMEOUT_S = 5.0


class ClientProcess:
    """Connects the pipes of the process with one Dask cluster after the other."""

    def __init__(self, answers: BinaryIO) -> None:
        self._answers = answers
        # One thread, so that messages are whole; the pipe may block while the master is busy.
        self._writer = ThreadPoolExecutor(1)
        self._batches: Batches | None = None
        self.stopping = asyncio.Event()

    def send(self, message: messages.Message, data: Sequence[bytes] = ()) -> "Future[None]":
        """Send a message to the master without waiting; the future is done when it is written."""
        return self._writer.submit(self._write, message, data)

    def _write(self, message: messages.Message, data: Sequence[bytes]) -> None:
        try:
            messages.write(self._answers, message, data)
        except (OSError, ValueError):
            os._exit(0)  # the master has ended

    def receive(self, message: messages.Message) -> None:
        """Handle a message of the master."""
        if self._batches is not None:
            self._batches.handle(message)
        elif "submit" in message:
            number = message["submit"]["number"]
            self.send({"event": "lost", "batch": number, "reason": "there is no scheduler"})

    async def serve(self, address: str) -> None:
        """Process batches until the input ends, over one connection after the other."""
        while not self.stopping.is_set():
            try:
                await self._connection(address)
                problem = f"the connection to the Dask scheduler at {address} was lost"
            except (OSError, ValueError, ImportError) as error:
                problem = f"the Dask scheduler at {address} can't be reached ({_reason(error)})"
            self.send({"event": "cluster", "problem": problem, "workers": []})
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), _RECONNECT_PAUSE_S)

    async def _connection(self, address: str) -> None:
        client = await Client(
            address,
            asynchronous=True,
            direct_to_workers=True,
            timeout=_CONNECT_TIMEOUT_S,
            set_as_default=False,
            name="file-cluster",
        )
        try:
            cluster = Cluster(client, self.send)
            self._batches = Batches(client, cluster, self.send)
            await cluster.watch(self.stopping)
        finally:
            batches, self._batches = self._batches, None
            if batches is not None:
                batches.abandon()
            # The connection may be half dead; what it still holds is of no use.
            with contextlib.suppress(asyncio.TimeoutError, OSError):
                await asyncio.wait_for(client.close(), _CLOSE_TIMEOUT_S)


def _reason(error: Exception) -> str:
    """Return the innermost cause in one line; Dask's own texts have several."""
    while isinstance(error.__cause__, Exception):
        error = error.__cause__
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


async def _run(answers: BinaryIO, address: str) -> None:
    process, loop = ClientProcess(answers), asyncio.get_running_loop()

    def receive_all() -> None:
        for line in sys.stdin.buffer:
            loop.call_soon_threadsafe(process.receive, json.loads(line))
        loop.call_soon_threadsafe(process.stopping.set)

    threading.Thread(target=receive_all, daemon=True).start()
    async with _scheduler(address) as found:
        await process.serve(found)


@contextlib.asynccontextmanager
async def _scheduler(address: str) -> AsyncIterator[str]:
    """Yield the address; where it is empty, that of a local cluster with a thread for each CPU."""
    if address:
        yield address
        return
    threads = os.cpu_count() or 1
    local = LocalCluster(
        n_workers=1,
        threads_per_worker=threads,
        asynchronous=True,
        dashboard_address=None,
        # Files in flight are few: a worker that pauses for memory would only stall the jobs.
        memory_limit=0,
        silence_logs=logging.WARNING,
    )
    async with local as cluster:
        yield cluster.scheduler_address


def main() -> None:
    """Run until the input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print goes to the log
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("distributed").setLevel(logging.ERROR)
    asyncio.run(_run(answers, sys.argv[1]))
    os._exit(0)  # threads that wait for a pipe must not delay the end


if __name__ == "__main__":
    main()
