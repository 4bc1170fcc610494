"""The command line: sends files to a master, waits for the results, and prints a summary.

    python client.py [MASTER_URL] TASK_TYPE FILE…

Exit codes: 0 when every file was processed, 1 when some were not, 2 when nothing was done (bad
usage, a missing file, a master that can't be reached or that refuses), 130 after Ctrl-C.
"""

import gc
import os
import signal
import sys
from pathlib import Path

from client_service.errors import INTERRUPTED, NOTHING_DONE, SOME_FAILED
from client_service.terminal.interrupt import InterruptHandler


def main() -> int:
    """Run the command line; returns the exit code."""
    interrupts = InterruptHandler()
    try:
        # If the caller ignores SIGINT (nohup), it stays ignored.
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, interrupts)
        _repair_streams()
        return _run(interrupts)
    except KeyboardInterrupt:
        print("client.py: stopped", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The program that read the output has ended.
        _discard_output()
    except OSError as error:
        _discard_output()
        print(f"client.py: can't go on: {error}", file=sys.stderr)
    return SOME_FAILED


def _run(interrupts: InterruptHandler) -> int:
    # Imported here, since the imports take a while and ``main`` has to handle Ctrl-C meanwhile.
    # What they make lives until the end: without collections among it, the program takes a tenth
    # less CPU time.
    gc.disable()
    from client_service.arguments import read

    order = read(sys.argv[1:], _program)

    from client_service.commands import run
    from protocol.settings.environment import SettingError, load

    gc.freeze()
    gc.enable()
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


def _repair_streams() -> None:
    # A closed stream (``>&-``) is None; its output goes to the null device instead.
    sys.stdout = sys.stdout or os.fdopen(_open_null_device(), "w")
    sys.stderr = sys.stderr or os.fdopen(_open_null_device(), "w")
    for stream in (sys.stdout, sys.stderr):
        # If the encoding lacks a character of a file name, "?" is printed instead of an error.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr] # both are real streams


def _discard_output() -> None:
    # Python flushes its buffer at exit, which would fail again.
    os.dup2(_open_null_device(), sys.stdout.fileno())


def _open_null_device() -> int:
    return os.open(os.devnull, os.O_WRONLY)


def _program() -> tuple[str, str]:
    """Return the interpreter and the script, as the user can type them in the current folder."""
    import shutil

    python = sys.executable or "python"
    name = Path(python).name
    # Compared unresolved: a virtual environment's Python links to one without its packages.
    if os.path.normcase(shutil.which(name) or "") == os.path.normcase(python):
        python = name.removesuffix(".exe")
    return python, sys.argv[0]


if __name__ == "__main__":
    sys.exit(main())
