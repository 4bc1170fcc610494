"""The command line: sends files to a master, waits, and tells how it went.

    python client.py MASTER_URL TASK_TYPE FILE…

Exit codes: 0 when every file was processed, 1 when some were not, 2 when nothing was done (bad
usage, a file that is not there, a master that can't be reached or says no).
"""

import os
import sys
from pathlib import Path

from client_service.commands import run
from client_service.errors import INTERRUPTED, NOTHING_DONE, SOME_FAILED
from slave_service.environment import SettingError, load


def main() -> int:
    """Run the command line; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks a letter of a file name shows "?" instead of failing.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr] # both are real streams
    try:
        code = run(sys.argv[1:], load(Path(__file__).resolve().parent))
        sys.stdout.flush()
    except SettingError as error:
        print(f"client.py: {error}", file=sys.stderr)
        return NOTHING_DONE
    except KeyboardInterrupt:
        print("client.py: stopped", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has gone; what Python still holds of it has to go somewhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SOME_FAILED
    return code


if __name__ == "__main__":
    sys.exit(main())
