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
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from distributed import CancelledError

from master_service.dask_engine.cluster import WORKER_MODULE, Cluster
from master_service.dask_engine.messages import Message, name_of

_log = logging.getLogger("dask-client")
_FAILURE_PAUSE_S = 1.0
"""Before a batch is reported as lost that a worker refused: it would refuse the next one too."""

Send = Callable[..., None]


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
        number = batch["number"]
        try:
            header, results = await self._outcomes(batch)
            message = {"event": "ended", "batch": number} | header
        except Lost as lost:
            message, results = {"event": "lost", "batch": number, "reason": str(lost)}, []
        except Exception as error:  # noqa: BLE001 (whatever Dask raises, the batch must be submitted again)
            _log.warning("a batch of files could not be processed: %r", error)
            await asyncio.sleep(_FAILURE_PAUSE_S)
            message, results = {"event": "lost", "batch": number, "reason": repr(error)}, []
        if self._tasks.pop(number, None) is not None:
            self._send(message, results)

    async def _outcomes(self, batch: Message) -> tuple[Message, Sequence[bytes]]:
        contents = await asyncio.to_thread(_read_all, batch["files"])
        readable = [index for index, data in enumerate(contents) if data is not None]
        entries: list[Message] = [{"unreadable": True}] * len(contents)
        if not readable:
            return {"worker": "", "elapsed_s": 0.0, "files": entries}, []
        answer = await self._submitted(batch, contents, readable)
        header = json.loads(answer[0])
        for index, entry in zip(readable, header["files"], strict=True):
            entries[index] = entry
        return header | {"files": entries}, answer[1:]

    async def _submitted(
        self, batch: Message, contents: list[bytes | None], readable: list[int]
    ) -> list[bytes]:
        needed = [batch["task_type"], *batch["features"]]
        address, is_pinned = self._choose(needed, batch["avoid"])
        task_batch = {key: batch[key] for key in ("number", "task_type", "options")} | {
            "topic": self._topic,
            "filenames": [batch["filenames"][index] for index in readable],
        }
        self._load[address] += 1
        try:
            files = [contents[index] for index in readable]
            contents.clear()
            data = await self._client.scatter([files], workers=[address], direct=True, hash=False)
            files.clear()
            future = self._client.submit(
                self._process,
                data.pop(),
                task_batch,
                key=f"{self._prefix}-{batch['task_type']}-{uuid.uuid4().hex}",
                workers=[address] if is_pinned else None,
                resources={f"{self._prefix}:{name}": 1 for name in needed},
                pure=False,
            )
            return list(await self._client.gather(future, direct=True))
        except CancelledError as error:
            raise Lost("its worker was lost") from error
        finally:
            self._load[address] -= 1

    def _choose(self, needed: Sequence[str], avoid: Sequence[str]) -> tuple[str, bool]:
        """Return the least loaded worker that can do it, and whether no other one may."""
        capable = [
            (self._load[address] / slave["threads"], address)
            for address, slave in self._cluster.slaves.items()
            if set(needed) <= {*slave["task_types"], *slave["features"]}
        ]
        if not capable:
            raise Lost("no worker can do it any more")
        preferred = [each for each in capable if name_of(each[1]) not in avoid]
        return min(preferred or capable)[1], bool(avoid)


def _read_all(files: Sequence[tuple[str, int]]) -> list[bytes | None]:
    """Return the bytes of each file; None where it is missing or has another size."""
    return [_read(Path(path), size) for path, size in files]


def _read(path: Path, size: int) -> bytes | None:
    try:
        data = path.read_bytes()
    except OSError:
        return None
    return data if len(data) == size else None
