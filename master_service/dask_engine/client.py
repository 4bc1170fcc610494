"""The master's side of the Dask client process: starts it again whenever it ends."""

import contextlib
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from master_service.dask_engine import messages

_log = logging.getLogger(__name__)
_PROGRAM_FOLDER = Path(__file__).resolve().parents[2]
_RESTART_PAUSE_S = 1.0


class Client:
    """One client process after the other; the first one starts at once.

    ``on_message`` gets each message with its bytes, and ``on_end`` is called when a process has
    ended, both in one thread. ``scheduler`` None means a local cluster.
    """

    def __init__(
        self,
        scheduler: str | None,
        on_message: Callable[[messages.Message, Sequence[bytes]], None],
        on_end: Callable[[], None],
    ) -> None:
        self._scheduler = scheduler or ""
        self._on_message = on_message
        self._on_end = on_end
        self._stdin: BinaryIO | None = None
        self._stopping = threading.Event()
        self._sending = threading.Lock()
        threading.Thread(target=self._run, daemon=True).start()

    def send(self, message: messages.Message) -> None:
        """Send a message; it is dropped if no process runs, which ``on_end`` will tell or has."""
        with self._sending, contextlib.suppress(OSError, ValueError):
            if self._stdin is not None:
                messages.write(self._stdin, message)

    def stop(self) -> None:
        """Let the process end, and start no other."""
        self._stopping.set()
        with contextlib.suppress(OSError, ValueError):
            if self._stdin is not None:
                self._stdin.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._serve()
            except Exception:  # noqa: BLE001 (border of a thread that must not end)
                _log.exception("the Dask client process failed")
            self._on_end()
            self._stopping.wait(_RESTART_PAUSE_S)

    def _serve(self) -> None:
        process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
            [sys.executable, "-m", "master_service.dask_engine.client_process", self._scheduler],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_PROGRAM_FOLDER,
            # Ctrl-C reaches the master only, which then lets the process end.
            start_new_session=True,
        )
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the Dask client process was started without its pipes")
        stdout: BinaryIO = process.stdout  # type: ignore[assignment] # IO[bytes] is wider
        self._stdin = process.stdin  # type: ignore[assignment] # the same
        try:
            for message, data in messages.read(stdout):
                self._on_message(message, data)
        except (OSError, EOFError, ValueError) as error:
            _log.warning("the Dask client process was lost: %s", error)
        finally:
            self._stdin = None
            process.kill()
            process.wait()
