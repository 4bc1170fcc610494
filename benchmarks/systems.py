"""Starts the systems of the table on this computer: the project's cluster, and engines."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.measuring import Kinds, Measurement, measure, tree
from benchmarks.sending import post_files
from benchmarks.workloads import Workload
from protocol.settings.declaration import SETTINGS
from protocol.task_types import TASK_TYPES
from scripts.local_cluster import PROJECT, LocalCluster, clean_environment, end_on_signals, running
from slave_service.workers.child_process import THREAD_LIMIT_VARIABLES

WORKERS = 2
"""Of every system: two slaves of one worker each, or two processes of an engine."""

PEERS = ("celery", "dask", "ray")
PEERS_PYTHON = PROJECT / ".venv-peers" / "bin" / "python"

_MAX_STOP_S = 60

Run = Callable[[Workload, Sequence[Path]], Measurement]
"""Processes files once; raises ``UnfinishedError`` unless all were done."""


class UnfinishedError(Exception):
    """A system did not process every file; the text says what it answered."""


@dataclass(slots=True)
class Engine:
    """A program of ``benchmarks.runners`` that processes paths."""

    process: "subprocess.Popen[str]"
    folder: Path

    def run(self, workload: Workload, files: Sequence[Path]) -> Measurement:
        """Process the files into an empty folder; without files, only load the task type."""
        results = _emptied(self.folder / "results")
        request = {
            "task_type": workload.task_type,
            "paths": list(map(str, files)),
            "folder": str(results),
        }
        return measure(self._kinds, lambda: self._answered(request, len(files)))

    def _answered(self, request: Mapping[str, object], count: int) -> None:
        if self.process.stdin is None or self.process.stdout is None:
            raise UnfinishedError("the engine was started without its pipes")
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line or json.loads(line)["files"] != count:
            raise UnfinishedError(f"the engine answered {line!r} for {count} files")

    def _kinds(self) -> Kinds:
        return {"engine": tree(self.process.pid)}


@contextmanager
def engine(
    name: str, folder: Path, python: str = sys.executable, workers: int = WORKERS
) -> Iterator[Engine]:
    """Run the program ``benchmarks.runners.<name>``; raises ``UnfinishedError`` if it ends."""
    folder.mkdir(parents=True)
    # As in a slave's workers: threads of NumPy's libraries only compete for the CPUs.
    limits = dict.fromkeys(THREAD_LIMIT_VARIABLES, "1")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [python, "-m", f"benchmarks.runners.{name}", str(workers)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=PROJECT,
            env=clean_environment() | limits,
        )
    try:
        if not (process.stdout and process.stdout.readline()):
            raise UnfinishedError(f"{name} did not start:\n{(folder / 'log').read_text()[-2000:]}")
        yield Engine(process, folder)
    finally:
        _end(process)


@contextmanager
def ingest(folder: Path) -> Iterator[Run]:
    """Run the Flask handler that only takes uploads in."""
    received = _emptied(folder)
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.runners.ingest", str(received)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    )
    try:
        url = f"http://127.0.0.1:{int(process.stdout.readline()) if process.stdout else 0}/"

        def run(workload: Workload, files: Sequence[Path]) -> Measurement:
            _emptied(received)

            def send() -> None:
                answer = post_files(url, TASK_TYPES[workload.task_type].form_field, files)
                _check(answer["files"], files)

            return measure(lambda: {"ingest": tree(process.pid)}, send)

        yield run
    finally:
        process.kill()
        process.communicate()


@dataclass(slots=True)
class Cluster:
    """The project's master and slaves."""

    local: LocalCluster

    def run_request(self, workload: Workload, files: Sequence[Path]) -> Measurement:
        """Send all files in one request to ``/assign_task`` and wait for its answer."""
        _emptied(self.local.results)

        def send() -> None:
            field = TASK_TYPES[workload.task_type].form_field
            data = {"task_type": workload.task_type}
            answer = post_files(f"{self.local.url}/assign_task", field, files, data)
            _check(answer["total_files_processed"], files)

        return measure(self.kinds, send)

    def run_client(self, workload: Workload, files: Sequence[Path]) -> Measurement:
        """Send the folder of the files by ``client.py`` and wait for its end."""
        _emptied(self.local.results)
        command = [sys.executable, "client.py", self.local.url, workload.task_type]

        def send() -> None:
            ended = subprocess.run(
                [*command, str(files[0].parent)],
                cwd=PROJECT,
                env=clean_environment(),
                capture_output=True,
                text=True,
                check=False,
            )
            if ended.returncode != 0:
                raise UnfinishedError(f"client.py: {ended.stdout[-500:]}{ended.stderr[-500:]}")

        return measure(self.kinds, send)

    def kinds(self) -> Kinds:
        """Return the processes of master, slaves and workers."""
        kinds = {"master": tree(self.local.master.process.pid) if self.local.master else []}
        trees = [processes for slave in self.local.slaves if (processes := tree(slave.process.pid))]
        kinds["slave"] = [processes[0] for processes in trees]
        kinds["worker"] = [process for processes in trees for process in processes[1:]]
        return kinds


def peers(stack: ExitStack, folder: Path) -> dict[str, Run]:
    """Start the other engines in their own environment; returns how each is run, by name."""
    return {
        name: stack.enter_context(engine(f"{name}_engine", folder / name, str(PEERS_PYTHON))).run
        for name in PEERS
    }


@contextmanager
def cluster(
    folder: Path, slaves: int = WORKERS, settings: Mapping[str, str] | None = None
) -> Iterator[Cluster]:
    """Run a master and slaves of one worker each."""
    own = {"SLAVE_WORKERS": "1", **(settings or {})}
    try:
        with running(folder, slaves=slaves, settings=own) as local:
            yield Cluster(local)
    finally:
        # ``running`` ignores signals at its end, which later programs would inherit.
        end_on_signals()


def started(stack: ExitStack, folder: Path, settings: Mapping[str, str]) -> dict[str, Run]:
    """Start the systems of the table without peers; returns how each is run, by name.

    ``process`` is one request to a second cluster, which does not wait for stable storage.
    """
    own = stack.enter_context(cluster(folder / "cluster", settings=settings))
    systems: dict[str, Run] = {
        "pool": stack.enter_context(engine("pool", folder / "pool")).run,
        "ingest": stack.enter_context(ingest(folder / "ingest")),
        "request": own.run_request,
        "client": own.run_client,
    }
    if "DURABILITY" in SETTINGS and "DURABILITY" not in settings:
        less = {**settings, "DURABILITY": "process"}
        other = stack.enter_context(cluster(folder / "process", settings=less))
        systems["process"] = other.run_request
    return systems


def _end(process: "subprocess.Popen[str]") -> None:
    """Close an engine's input, which ends it; kill its processes where they take too long."""
    processes = tree(process.pid)
    try:
        process.communicate(timeout=_MAX_STOP_S)
    except subprocess.TimeoutExpired:
        for each in processes:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        process.communicate()


def _check(count: int, files: Sequence[Path]) -> None:
    if count != len(files):
        raise UnfinishedError(f"{count} of {len(files)} files were done")


def _emptied(folder: Path) -> Path:
    """Remove what is in a folder, and create it if missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    return folder
