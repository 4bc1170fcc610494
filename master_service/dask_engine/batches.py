"""Submits batches of files to the workers of a Dask cluster, and reports their outcomes.

The bytes of a batch go directly to one worker, and the results come directly from the worker that
has them: the scheduler, which all share, only knows their names and sizes. Dask may move a batch to
an idle worker. Bytes of a worker that ends are lost, and so the batch is: Dask does not try it
again (and never counts it against ``allowed-failures``), and the master submits it anew.
"""

import asyncio
import importlib
import json
import logging
import uuid
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Protocol

from distributed import CancelledError

from master_service.dask_engine.cluster import WORKER_MODULE, Cluster
from master_service.dask_engine.messages import Message, name_of

_log = logging.getLogger("dask-client")
_FAILURE_PAUSE_S = 1.0
"""Before a batch is reported as lost that a worker refused: it would refuse the next one too."""
_MAX_TRANSFERS = 8
"""Batches whose bytes this process holds at a time, on their way to a worker or from it: enough to
keep the network busy, and a bound for the memory."""


class Send(Protocol):
    """Sends a message to the master; the future is done when it is written."""

    def __call__(self, message: Message, data: Sequence[bytes] = ()) -> "Future[None]":
        """Send it without waiting."""
        ...


class Lost(Exception):
    """The batch has no outcomes; the text says why."""


class Batches:
    """The batches in flight over one connection."""

    def __init__(self, client: Any, cluster: Cluster, send: Send) -> None:  # noqa: ANN401 (distributed has no types)
        self._client = client
        self._cluster = cluster
        self._send = send
        module = importlib.import_module(WORKER_MODULE)
        self._process, self._prefix = module.process, module.NAME
        self._topic = f"{self._prefix}-{uuid.uuid4()}"
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._load: Counter[str] = Counter()
        """By worker: the batches in flight whose bytes were sent to it."""
        self._transfers = asyncio.Semaphore(_MAX_TRANSFERS)
        client.subscribe_topic(self._topic, self._begun)

    def handle(self, message: Message) -> None:
        """Begin or cancel a batch."""
        if "submit" in message:
            batch = message["submit"]
            task = asyncio.ensure_future(self._process_batch(batch))
            self._tasks[batch["number"]] = task
        elif message["cancel"] in self._tasks:
            # Without its future, Dask drops a task that has not begun.
            self._tasks.pop(message["cancel"]).cancel()

    def abandon(self) -> None:
        """Report every batch in flight as lost."""
        for number, task in self._tasks.items():
            task.cancel()
            self._send({"event": "lost", "batch": number, "reason": "the scheduler was lost"})
        self._tasks.clear()

    def _begun(self, event: tuple[float, Message]) -> None:
        number, address = event[1]["batch"], event[1]["worker"]  # the scheduler adds the address
        if number in self._tasks:
            self._send({"event": "begun", "batch": number, "worker": name_of(address)})

    async def _process_batch(self, batch: Message) -> None:
        number, reason = batch["number"], None
        try:
            await self._outcomes(batch)
        except Lost as lost:
            reason = str(lost)
        except Exception as error:  # noqa: BLE001 (whatever Dask raises, the batch must be submitted again)
            _log.warning("a batch of files could not be processed: %r", error)
            await asyncio.sleep(_FAILURE_PAUSE_S)
            reason = repr(error)
        if self._tasks.pop(number, None) is not None and reason is not None:
            self._send({"event": "lost", "batch": number, "reason": reason})

    async def _outcomes(self, batch: Message) -> None:
        """Have a batch processed, and send its outcomes."""
        entries: list[Message] = [{"unreadable": True}] * len(batch["files"])
        ended = {"event": "ended", "batch": batch["number"], "worker": "", "elapsed_s": 0.0}
        needed = frozenset([batch["task_type"], *batch["features"]])
        address, is_pinned = self._choose(needed, batch["avoid"])
        self._load[address] += 1
        try:
            async with self._transfers:
                data, readable = await self._scattered(batch, address)
            if data is None:
                self._send(ended | {"files": entries})
                return
            task_batch = {key: batch[key] for key in ("number", "task_type", "options")} | {
                "topic": self._topic,
                "filenames": [batch["filenames"][index] for index in readable],
            }
            future = self._client.submit(
                self._process,
                data,
                task_batch,
                key=f"{self._prefix}-{batch['task_type']}-{uuid.uuid4().hex}",
                workers=[address] if is_pinned else None,
                resources={f"{self._prefix}:{name}": 1 for name in needed},
                pure=False,
            )
            await future.exception()  # waits for the end, without fetching the results
            async with self._transfers:
                header, *results = await self._client.gather(future, direct=True)
                answer = json.loads(header)
                for index, entry in zip(readable, answer["files"], strict=True):
                    entries[index] = entry
                sent = self._send(ended | answer | {"files": entries}, results)
                await asyncio.wrap_future(sent)
        except CancelledError as error:
            raise Lost("its worker was lost") from error
        finally:
            self._load[address] -= 1

    async def _scattered(self, batch: Message, address: str) -> tuple[Any, list[int]]:
        """Send the files to a worker; return the future of their bytes, and which were readable.

        The future is None where no file could be read.
        """
        contents = await asyncio.to_thread(_read_all, batch["files"])
        readable = [index for index, data in enumerate(contents) if data is not None]
        if not readable:
            return None, readable
        files = [contents[index] for index in readable]
        [data] = await self._client.scatter([files], workers=[address], direct=True, hash=False)
        return data, readable

    def _choose(self, needed: frozenset[str], avoid: Sequence[str]) -> tuple[str, bool]:
        """Return the least loaded worker that can do it, and whether no other one may."""
        capable = self._cluster.capable(needed)
        if not capable:
            raise Lost("no worker can do it any more")
        avoided = {address for address in capable if name_of(address) in avoid}
        preferred = [each for each in capable if each not in avoided] if avoided else capable
        threads = self._cluster.threads
        least = min(
            preferred or capable, key=lambda address: self._load[address] / threads[address]
        )
        return least, bool(avoid)


def _read_all(files: Sequence[tuple[str, int]]) -> list[bytes | None]:
    """Return the bytes of each file; None where it is missing or has another size."""
    return [_read(Path(path), size) for path, size in files]


def _read(path: Path, size: int) -> bytes | None:
    try:
        data = path.read_bytes()
    except OSError:
        return None
    return data if len(data) == size else None
