"""Starts one slave: ``python slave.py``. The settings are in ``.env.example``."""

# ruff: noqa: E402 (the imports below must come after the patch)
from gevent import monkey

monkey.patch_all()  # before anything else is imported, so that all of it waits cooperatively

import sys
from pathlib import Path

from slave_service.environment import SettingError, load
from slave_service.service import run
from slave_service.serving import AddressError, set_up_logging
from slave_service.settings import SlaveSettings


def main() -> int:
    """Run one slave until it is told to stop; returns the exit code."""
    try:
        settings = SlaveSettings.read(load(Path(__file__).resolve().parent))
        set_up_logging(settings.log_level)
        return run(settings)
    except (SettingError, AddressError) as error:
        print(f"slave.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
