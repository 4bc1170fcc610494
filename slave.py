"""Starts one slave: ``python slave.py``; ``--help`` lists its settings."""

import sys
from pathlib import Path

from protocol.settings import command_line
from protocol.settings.declaration import SLAVE


def main() -> int:
    """Run one slave until it is stopped or refused by its master; return the exit code."""
    options = command_line.read(SLAVE, sys.argv[1:])

    # gevent must patch the standard library before the modules that use sockets are imported.
    from gevent import monkey

    monkey.patch_all()

    from protocol.server.serving import AddressError, set_up_logging
    from protocol.settings.environment import SettingError, load
    from slave_service.service import run
    from slave_service.settings import SlaveSettings

    try:
        env = load(Path(__file__).resolve().parent, options)
        for warning in env.warnings:
            print(f"slave.py: {warning}", file=sys.stderr)
        settings = SlaveSettings.read(env)
        set_up_logging(settings.log_level)
        try:
            return run(settings)
        except AddressError as error:
            raise SettingError(
                env.address_refusal(SLAVE, str(error), is_port=error.is_port)
            ) from None
    except SettingError as error:
        print(f"slave.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
