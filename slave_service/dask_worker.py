"""Makes a Dask worker a slave: a pool of sandboxed worker processes, and the task that uses it.

The master (``master_service.dask_engine``) has each Dask worker run ``start`` once, which adds
``SlavePlugin``, and then submits ``process`` with the bytes of a batch. Files are processed as in
``slave.py``: by the same pool, with the same sandbox, deadlines, memory limit and failures.
"""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from distributed import WorkerPlugin, get_worker

from protocol.failures import TooLarge
from protocol.options import keywords
from protocol.settings.environment import SettingError, load
from protocol.task_types import TASK_TYPES
from protocol.wire import MAX_RESULT_BYTES, Outcome, encode_warnings, json_bytes
from slave_service.registration import versions
from slave_service.settings import ProcessingSettings, settings_by_processor
from slave_service.workers.pool import Pool
from slave_service.workers.worker_handle import FileTask

NAME = "file-cluster"
"""Of the plugin, and the prefix of the resources: ``file-cluster:text`` is held by each Dask worker
that does text, so that Dask gives it no task of another type."""
_PROJECT = Path(__file__).resolve().parents[1]

Report = dict[str, Any]
"""``task_types``, ``features``, ``unavailable`` (reasons by task type), ``versions``; or, where the
Dask worker can't be a slave, ``problem`` alone."""


async def start(dask_worker: Any) -> Report:  # noqa: ANN401 (distributed has no types)
    """Make the Dask worker a slave unless it is one; return what it can do.

    Dask calls it in the event loop of the worker. One that has failed is tried again.
    """
    plugin = dask_worker.plugins.get(NAME)
    if plugin is None or plugin.has_failed:
        plugin = SlavePlugin()
        await dask_worker.plugin_add(plugin, name=NAME)
    report: Report = await plugin.report()
    return report


class SlavePlugin(WorkerPlugin):  # type: ignore[misc] # distributed has no types
    """Owns the pool of one Dask worker, which has a process for each of its threads."""

    pool: Pool

    def setup(self, worker: Any) -> None:  # noqa: ANN401 (distributed has no types)
        """Start the pool, without waiting for it; called by Dask."""
        self._started = asyncio.ensure_future(self._start(worker))

    async def teardown(self, worker: Any) -> None:  # noqa: ANN401, ARG002 (the same)
        """End the pool; called by Dask when the worker closes."""
        await self.report()
        if hasattr(self, "pool"):
            await asyncio.to_thread(self.pool.close)

    @property
    def has_failed(self) -> bool:
        """Whether the pool could not be started."""
        return self._started.done() and "problem" in self._started.result()

    async def report(self) -> Report:
        """Return what the worker can do, once its pool has started."""
        return await asyncio.shield(self._started)

    async def _start(self, worker: Any) -> Report:  # noqa: ANN401 (the same)
        threads = worker.state.nthreads
        try:
            report = await asyncio.to_thread(self._start_pool, threads)
        except (SettingError, OSError) as error:
            return {"problem": str(error)}
        names = [*report["task_types"], *report["features"]]
        await worker.set_resources(**{f"{NAME}:{name}": threads for name in names})
        return report

    def _start_pool(self, size: int) -> Report:
        settings = ProcessingSettings.read(load(_PROJECT))
        self.pool = Pool(
            size,
            settings.file_timeout_s,
            settings.worker_memory_bytes,
            settings_by_processor(settings),
            settings.task_types,
        )
        tests = self.pool.start()
        return {
            "task_types": [name for name, reason in tests.reasons.items() if reason is None],
            "features": sorted(tests.features),
            "unavailable": {name: reason for name, reason in tests.reasons.items() if reason},
            "versions": versions() | tests.versions,
        }


def process(files: list[bytes], batch: dict[str, Any]) -> list[bytes]:
    """Process the files of a batch; runs as a task in a thread of the Dask worker.

    ``batch`` has ``number``, ``topic``, ``task_type``, ``options`` and ``filenames``. An event of
    the topic tells the master that the batch has begun. Returns a header in JSON, and then the
    bytes of each result. The header has ``worker`` ("ip:port"), ``elapsed_s`` and ``files``: for
    each of them ``bytes`` and maybe ``warnings``, or ``code`` and ``error``.

    The results are plain bytes in a list, which Dask sends without copies. Raises ``OSError`` where
    the files can't be written to the disk.
    """
    worker, began = get_worker(), time.monotonic()
    name = worker.address.partition("://")[2]
    worker.log_event(batch["topic"], {"batch": batch["number"]})
    outcomes = _outcomes(worker.plugins[NAME].pool, files, batch)
    entries, results = [], []
    for outcome in outcomes:
        entry, data = _encoded(outcome)
        entries.append(entry)
        results += [] if data is None else [data]
    elapsed_s = time.monotonic() - began
    header = {"worker": name, "elapsed_s": elapsed_s, "files": entries}
    return [json_bytes(header), *results]


def _outcomes(pool: Pool, files: Sequence[bytes], batch: dict[str, Any]) -> list[Outcome]:
    task = TASK_TYPES[batch["task_type"]]
    chosen = keywords(batch["options"], task.options)
    folder = Path(tempfile.mkdtemp(prefix="batch-", dir=pool.folder))
    try:
        futures = []
        for index, (filename, data) in enumerate(zip(batch["filenames"], files, strict=True)):
            path = folder / str(index)
            path.write_bytes(data)
            futures.append(pool.submit(FileTask(task.name, filename, path, keywords=chosen)))
        return [future.result() for future in futures]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _encoded(outcome: Outcome) -> tuple[dict[str, object], bytes | None]:
    failure, data = outcome.failure, outcome.data or b""
    if failure is None and len(data) > MAX_RESULT_BYTES:
        failure = TooLarge(
            f"The result has more than the {MAX_RESULT_BYTES} bytes that one may have: make the "
            "file smaller."
        ).as_failure()
    if failure is not None:
        return {"code": failure.code, "error": failure.error}, None
    return {"bytes": len(data)} | encode_warnings(outcome.warnings), data
