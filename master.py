"""Starts the master: ``python master.py``; ``--help`` lists its settings."""

import sys
from pathlib import Path

from protocol.settings import command_line
from protocol.settings.declaration import MASTER


def main() -> int:
    """Run the master until SIGTERM or Ctrl-C; return the exit code."""
    options = command_line.read(MASTER, sys.argv[1:])

    # gevent must patch the standard library before other modules import it.
    from gevent import monkey

    monkey.patch_all()

    from master_service.start import run
    from protocol.server.serving import AddressError
    from protocol.settings.environment import SettingError, load

    try:
        env = load(Path(__file__).resolve().parent, options)
        for warning in env.warnings:
            print(f"master.py: {warning}", file=sys.stderr)
        try:
            run(env)
        except AddressError as error:
            raise SettingError(
                env.address_refusal(MASTER, str(error), is_port=error.is_port)
            ) from None
    except (SettingError, OSError) as error:
        print(f"master.py: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
