"""The CPU time that the Dask engine takes to decide, with workers that answer at once."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from master_service.dask_engine.engine import DaskEngine
from master_service.dask_engine.messages import Message
from master_service.engine import InputFile, RunRequest
from master_service.slaves.registry import Registry
from protocol.task_types import TASK_TYPES
from protocol.wire import Outcome

_WORKER = "10.0.0.1:1"
_PAUSE_S = 0.0005


class _Observer:
    """Records nothing."""

    def handed_over(self, positions: Sequence[int], slave: str) -> None: ...
    def requeued(self, position: int, blamed_by: tuple[str, ...]) -> None: ...
    def cancelled(self, positions: Sequence[int]) -> None: ...
    def ended(self, position: int, outcome: Outcome) -> None: ...


class _Client:
    """Stands for the client process and for Dask, in a list."""

    def __init__(
        self, on_message: Callable[[Message, Sequence[bytes]], None], _: Callable[[], None]
    ) -> None:
        self.on_message = on_message
        self.submitted: deque[Message] = deque()

    def send(self, message: Message) -> None:
        if "submit" in message:
            self.submitted.append(message["submit"])

    def stop(self) -> None: ...

    def answer(self, seconds_per_file: float) -> None:
        """Answer every batch as if its files had taken so long."""
        while self.submitted:
            batch = self.submitted.popleft()
            count = len(batch["files"])
            head = {"batch": batch["number"], "worker": _WORKER}
            self.on_message({"event": "begun"} | head, [])
            ended = {
                "event": "ended",
                "elapsed_s": seconds_per_file * count,
                "files": [{"bytes": 2}] * count,
            }
            self.on_message(ended | head, [b"{}"] * count)


def cpu_ms_per_file(workers: int, files: int, seconds_per_file: float) -> float:
    """Return the CPU milliseconds for each file of one job, without its transfer and ledger."""
    clients: list[_Client] = []

    def connect(
        on_message: Callable[[Message, Sequence[bytes]], None], on_end: Callable[[], None]
    ) -> _Client:
        clients.append(_Client(on_message, on_end))
        return clients[0]

    engine = DaskEngine(Registry(2), 3, connect)
    found = [
        {
            "address": f"tcp://10.0.{number // 250}.{number % 250}:1",
            **{"threads": 1, "task_types": ["text"], "features": []},
            **{"unavailable": {}, "versions": {}},
        }
        for number in range(workers)
    ]
    clients[0].on_message({"event": "cluster", "problem": None, "workers": found}, [])
    inputs = [InputFile("a", Path("a"), 1000)] * files
    began = time.process_time()
    run = engine.begin("run", RunRequest(TASK_TYPES["text"], inputs, [1000] * files), _Observer())
    while not run.finished.is_set():
        clients[0].answer(seconds_per_file)
        time.sleep(_PAUSE_S)
    return 1000 * (time.process_time() - began) / files
