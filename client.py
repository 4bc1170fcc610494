"""The command line: sends files to a master, waits, and tells how it went.

    python client.py [MASTER_URL] TASK_TYPE FILE…

Exit codes: 0 when every file was processed, 1 when some were not, 2 when nothing was done (bad
usage, a file that is not there, a master that can't be reached or says no).
"""

import os
import shutil
import signal
import sys
from pathlib import Path

from client_service.errors import INTERRUPTED, NOTHING_DONE, SOME_FAILED
from client_service.terminal.interrupt import InterruptHandler


def main() -> int:
    """Run the command line; returns the exit code."""
    interrupts = InterruptHandler()
    try:
        # Where it is ignored (nohup), it stays so.
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, interrupts)
        _mend_streams()
        return _run(interrupts)
    except KeyboardInterrupt:
        print("client.py: stopped", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has gone.
        _drop_output()
    except OSError as error:
        _drop_output()
        print(f"client.py: can't go on: {error}", file=sys.stderr)
    return SOME_FAILED


def _run(interrupts: InterruptHandler) -> int:
    # Here, since to import all that takes a while, and Ctrl-C may come in the middle.
    from client_service.arguments import read

    order = read(sys.argv[1:], _called_as())

    from client_service.commands import run
    from protocol.settings.environment import SettingError, load

    try:
        env = load(Path(__file__).resolve().parent, order.given())
    except SettingError as error:
        print(f"client.py: {error}", file=sys.stderr)
        return NOTHING_DONE
    for warning in env.warnings:
        print(f"client.py: {warning}", file=sys.stderr)
    code = run(order, env, interrupts)
    sys.stdout.flush()
    return code


def _mend_streams() -> None:
    # A stream that was closed (``>&-``) is None; what is written to it goes nowhere instead.
    sys.stdout = sys.stdout or os.fdopen(_nowhere(), "w")
    sys.stderr = sys.stderr or os.fdopen(_nowhere(), "w")
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks a letter of a file name shows "?" instead of failing.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr] # both are real streams


def _drop_output() -> None:
    # What Python still holds of it has to go somewhere when it ends.
    os.dup2(_nowhere(), sys.stdout.fileno())


def _nowhere() -> int:
    return os.open(os.devnull, os.O_WRONLY)


def _called_as() -> tuple[str, str]:
    """Return the interpreter and the program as this user can type them, in this folder."""
    python = sys.executable or "python"
    name = Path(python).name
    # Compared as paths: an environment's Python is a link to one that lacks its libraries.
    if os.path.normcase(shutil.which(name) or "") == os.path.normcase(python):
        python = name.removesuffix(".exe")
    return python, sys.argv[0]


if __name__ == "__main__":
    sys.exit(main())
