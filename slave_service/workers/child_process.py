"""Starts the slave's helper processes and ends them with everything they started."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

_PROGRAM_FOLDER = Path(__file__).resolve().parents[2]

_PASSED_ON = frozenset(
    {"PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TESSDATA_PREFIX", "LD_LIBRARY_PATH"}
    | {"SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "APPDATA"}
    | {"VIRTUAL_ENV", "DYLD_LIBRARY_PATH"}
)
_PASSED_ON_PREFIXES = ("LC_", "PYTHON", "COVERAGE_")
_ONE_THREAD = ("OMP_THREAD_LIMIT", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""There is a worker for each CPU: threads of their own would only get in each other's way."""


class Child:
    """A process of this project's own, spoken to through its standard input and output.

    It is a fresh interpreter, not a copy of the slave: with none of its threads and sockets, no
    secret in its environment, and at the head of a process group of its own.
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
        """Tell whether the process itself still runs."""
        return self._process.poll() is None

    def kill(self) -> int:
        """End the process and all that it started; returns its exit code.

        The code is negative where a signal ended it. It may have ended before.
        """
        kill_group(self._process.pid)
        code = self._process.wait()
        for pipe in (self.stdin, self.stdout):
            with contextlib.suppress(OSError):
                pipe.close()
        return code

    def finish(self, patience_s: float) -> None:
        """Close the process's input, which asks it to end, and kill what is left of it."""
        with contextlib.suppress(OSError):
            self.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(patience_s)
        self.kill()


def kill_group(pid: int) -> None:
    """End the process group that ``pid`` leads; on Windows the tree of its children."""
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
        if name.upper() in _PASSED_ON or name.startswith(_PASSED_ON_PREFIXES)
    }
    temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    return kept | temporary | dict.fromkeys(_ONE_THREAD, "1")
