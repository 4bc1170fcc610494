"""The cluster under test: a master and two slaves of one worker each, in one folder."""

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from scripts.local_cluster import PROJECT, LocalCluster, running
from tests.chaos.programs import processes_of

SLAVES = 2
FILE_TIMEOUT_S = 3.0
RESTART_S = 8.0
"""For a new worker on two busy cores; alone it takes one or two."""
_SETTINGS = {
    "SLAVE_WORKERS": "1",
    "FILE_TIMEOUT": f"{FILE_TIMEOUT_S:g}",
    "WORKER_MEMORY": str(512 * 1024 * 1024),
    "MAX_ATTEMPTS": "3",
    # Days: ten minutes, so that the disk does not fill.
    "JOB_RETENTION": "0.007",
}
MAX_ATTEMPTS = int(_SETTINGS["MAX_ATTEMPTS"])
_PROCESSES = 1 + SLAVES * 3
"""The master; each slave with its orphan reaper and its worker."""
_ERROR = re.compile(r"^\S+ ERROR .*|Traceback \(most recent call last\)", re.MULTILINE)
_FOLDERS_OUTSIDE = ("/", str(PROJECT), str(PROJECT.parent), "/etc", "/tmp", "~")  # noqa: S108 (only listed)


@dataclass(slots=True)
class HostileCluster:
    """The running cluster."""

    folder: Path
    programs: LocalCluster
    temporary: Path
    _read: dict[Path, int] = field(default_factory=dict)
    """How much of each log has been read."""

    @property
    def url(self) -> str:
        """Return the master's address."""
        return self.programs.url

    @property
    def results(self) -> Path:
        """Return the folder of results."""
        return self.programs.results

    def memory_bytes(self) -> dict[str, int]:
        """Return the unshared memory of master and slaves, without their workers."""
        return {name: int(psutil.Process(pid).memory_full_info().uss) for name, pid in self._pids()}

    def ended_programs(self) -> Iterator[str]:
        """Yield the programs that have ended."""
        programs = [("the master", self.programs.master)]
        programs += [(f"slave {n}", slave) for n, slave in enumerate(self.programs.slaves, 1)]
        for name, program in programs:
            if program is None or program.process.poll() is not None:
                yield f"{name} has ended: {program.said() if program else ''}"

    def errors_in_logs(self) -> Iterator[str]:
        """Yield tracebacks and errors that were logged since the last call."""
        for log in sorted(self.folder.glob("*.log")):
            with log.open("rb") as lines:
                lines.seek(self._read.get(log, 0))
                text = lines.read()
            self._read[log] = self._read.get(log, 0) + len(text)
            for match in _ERROR.finditer(text.decode(errors="replace")):
                around = match.string[max(0, match.start() - 200) : match.end() + 800]
                yield f"{log.name}: {around}"

    def leftovers(self) -> list[str]:
        """Return processes and temporary files that an idle cluster should not have."""
        found = [path for path in self.temporary.rglob("*") if not path.is_dir()]
        found += self.temporary.glob("*/request-*")
        found += self.results.glob("*/.*")
        lines = [f"left over: {path.relative_to(self.folder)}" for path in found]
        processes = [_described(process) for process in processes_of(self.temporary)]
        alive = [line for line in processes if line]
        if len(alive) != _PROCESSES or any(line.startswith("zombie") for line in alive):
            lines.append(f"{_PROCESSES} processes should run, and there are: {alive}")
        return lines

    def stray_files(self) -> Iterator[str]:
        """Yield files outside of the expected folders."""
        expected = {"spool", "tmp", "processed_results"}
        for path in self.folder.iterdir():
            if path.name not in expected and path.suffix != ".log":
                yield f"a file outside of the results: {path}"
        for place in _FOLDERS_OUTSIDE:
            with contextlib.suppress(OSError):
                for path in Path(place).expanduser().glob("outside*"):
                    yield f"a file outside of the results: {path}"
        for path in self.results.glob("*/*"):
            if not path.is_file():
                yield f"no file among the results: {path}"

    def _pids(self) -> Iterator[tuple[str, int]]:
        if self.programs.master is not None:
            yield "master", self.programs.master.process.pid
        for number, slave in enumerate(self.programs.slaves, start=1):
            yield f"slave {number}", slave.process.pid


@contextlib.contextmanager
def running_cluster(folder: Path) -> Iterator[HostileCluster]:
    """Run a cluster for the block."""
    temporary = folder / "tmp"
    temporary.mkdir(parents=True)
    settings = _SETTINGS | {"TMPDIR": str(temporary)}
    with running(folder, SLAVES, settings) as programs:
        yield HostileCluster(folder, programs, temporary)


def why_not_possible() -> str | None:
    """Return why this computer can't run the campaign, or None."""
    if os.name != "posix":
        return "the memory of workers can't be limited here"
    return None


def _described(process: psutil.Process) -> str:
    try:
        return f"{process.status()} {' '.join(process.cmdline()[1:])}"
    except psutil.NoSuchProcess:
        return ""
