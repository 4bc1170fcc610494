"""Starts child processes of the slave and ends them together with their own children."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

_PROGRAM_FOLDER = Path(__file__).resolve().parents[2]

_INHERITED_VARIABLES = frozenset(
    {"PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TESSDATA_PREFIX", "LD_LIBRARY_PATH"}
    | {"SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "APPDATA"}
    | {"VIRTUAL_ENV", "DYLD_LIBRARY_PATH"}
)
_INHERITED_PREFIXES = ("LC_", "PYTHON", "COVERAGE_")
THREAD_LIMIT_VARIABLES = (
    "OMP_THREAD_LIMIT",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
)
"""Set to 1: with one worker for each CPU, more threads in a worker only compete for the CPUs."""


class ChildProcess:
    """A Python module in a process of its own, connected by its standard input and output.

    The process is a new interpreter and no fork: it has none of the slave's threads, sockets and
    secret environment variables, and leads its own process group.
    """

    def __init__(self, module: str, *arguments: str, folder: Path) -> None:
        self._process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_PROGRAM_FOLDER,
            env=_environment(folder),
            start_new_session=True,
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("a child process was started without its pipes")
        self.stdin: BinaryIO = self._process.stdin  # type: ignore[assignment] # IO[bytes] is wider
        self.stdout: BinaryIO = self._process.stdout  # type: ignore[assignment] # the same
        self.pid = self._process.pid

    def is_alive(self) -> bool:
        """Return whether the process is running."""
        return self._process.poll() is None

    def kill(self) -> int:
        """Kill the process group and return the exit code of its leader.

        The code is the negative number of the signal where a signal ended the process. A process
        that has already ended keeps its code.
        """
        kill_group(self._process.pid)
        code = self._process.wait()
        for pipe in (self.stdin, self.stdout):
            with contextlib.suppress(OSError):
                pipe.close()
        return code

    def finish(self, timeout_s: float) -> None:
        """Close the input, which ends the process, and kill the group after ``timeout_s``."""
        with contextlib.suppress(OSError):
            self.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout_s)
        self.kill()


def kill_group(pid: int) -> None:
    """Kill the process group that ``pid`` leads; on Windows the process and its descendants."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
    else:
        command = ["taskkill", "/F", "/T", "/PID", str(pid)]
        subprocess.run(command, capture_output=True, check=False)  # noqa: S603 (a number)


def _environment(folder: Path) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.upper() in _INHERITED_VARIABLES or name.startswith(_INHERITED_PREFIXES)
    }
    temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    return kept | temporary | dict.fromkeys(THREAD_LIMIT_VARIABLES, "1")
