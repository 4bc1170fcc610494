"""Finds the workers of a Dask cluster, makes each a slave, and reports changes to the master."""

import asyncio
import importlib
import logging
from collections.abc import Callable
from typing import Any

from master_service.dask_engine.messages import Message

_log = logging.getLogger("dask-client")
_POLL_S = 0.5
_SILENCE_S = 15.0
"""A scheduler that does not answer for this long counts as lost."""
_START_LIMIT_S = 180.0
_RETRY_S = 10.0
"""Until a worker that could not be made a slave is tried again."""

WORKER_MODULE = "slave_service.dask_worker"
"""Named, since the master imports nothing of the slave: Dask only pickles references to it."""


class Cluster:
    """The workers of the cluster that ``client`` is connected to."""

    def __init__(self, client: Any, send: Callable[[Message], object]) -> None:  # noqa: ANN401 (distributed has no types)
        self.slaves: dict[str, Message] = {}
        """By address: what ``start`` of the module returned, ``address`` and ``threads``."""
        self.threads: dict[str, int] = {}
        """By address, of all workers."""
        self._capable: dict[frozenset[str], list[str]] = {}
        self._client = client
        self._send = send
        self._start = importlib.import_module(WORKER_MODULE).start
        self._starting: dict[str, asyncio.Task[None]] = {}
        self._problems: dict[str, str] = {}

    async def watch(self, stopping: asyncio.Event) -> None:
        """Report the workers until ``stopping`` is set or the connection is lost."""
        comm, reported = self._client.scheduler_comm, None
        while not stopping.is_set():
            if self._client.status != "running" or self._client.scheduler_comm is not comm:
                return
            try:
                ncores = self._client.scheduler.ncores()
                self._update(await asyncio.wait_for(ncores, _SILENCE_S))
            except (OSError, asyncio.TimeoutError):
                return
            report = {
                "event": "cluster",
                "problem": self._problem(),
                "workers": list(self.slaves.values()),
            }
            if report != reported:
                self._send(report)
                reported = report
            await asyncio.sleep(_POLL_S)

    def capable(self, needed: frozenset[str]) -> list[str]:
        """Return the addresses of the workers with these task types and features."""
        if needed not in self._capable:
            self._capable[needed] = [
                address
                for address, slave in self.slaves.items()
                if needed <= {*slave["task_types"], *slave["features"]}
            ]
        return self._capable[needed]

    def _update(self, threads: dict[str, int]) -> None:
        self.threads = threads
        for address in [*self.slaves, *self._problems]:
            if address not in threads:
                self.slaves.pop(address, None)
                self._problems.pop(address, None)
                self._capable.clear()
        for address, count in threads.items():
            if address not in self.slaves and address not in self._starting:
                starting = asyncio.ensure_future(self._start_slave(address, count))
                self._starting[address] = starting

    async def _start_slave(self, address: str, threads: int) -> None:
        try:
            run = self._client.run(self._start, workers=[address], on_error="return")
            report = (await asyncio.wait_for(run, _START_LIMIT_S)).get(address)
            if isinstance(report, dict) and "problem" not in report:
                self._problems.pop(address, None)
                self.slaves[address] = {"address": address, "threads": threads} | report
                self._capable.clear()
                return
            problem = report["problem"] if isinstance(report, dict) else _why(report)
            self._problems[address] = problem
            _log.warning("the Dask worker %s can't process files: %s", address, problem)
            await asyncio.sleep(_RETRY_S)
        except (OSError, asyncio.TimeoutError) as error:
            _log.warning("the Dask worker %s did not answer: %r", address, error)
        finally:
            del self._starting[address]

    def _problem(self) -> str | None:
        """Return why there are no workers; None where there are some."""
        if self.slaves:
            return None
        where = f"the Dask scheduler at {self._client.scheduler.address}"
        if self._problems:
            found = "; ".join(f"{name}: {why}" for name, why in list(self._problems.items())[:3])
            return f"no worker of {where} can process files: {found}"
        if self._starting:
            return f"the workers of {where} are starting"
        return (
            f"{where} has no workers: start some in the folder of this project, with "
            f"python -m dask worker {self._client.scheduler.address}"
        )


def _why(error: object) -> str:
    if isinstance(error, ModuleNotFoundError):
        return f"{error}: start it in the folder of this project, or set PYTHONPATH to that folder"
    return f"{type(error).__name__}: {error}" if error else "it does not answer"
