"""Starts Debian's Chromium for whatever drives the page: tests, the benchmark, the screenshots."""

from collections.abc import Sequence
from shutil import which
from typing import Any

from playwright.sync_api import Browser, BrowserType

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
HEADLESS_SHELL = "chromium-headless-shell"
"""The same engine without the interface of a desktop browser, for half of the CPU time or less."""
_ARGUMENTS = (
    "--no-sandbox",  # root can't use the sandbox; only this project's own page is opened
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class ChromiumMissing(Exception):
    """No Chromium is installed; the text says what to do."""


def launch(kind: BrowserType, programs: Sequence[str] = BROWSERS, **options: Any) -> Browser:  # noqa: ANN401 (Playwright's own)
    """Start the first of these programs that is installed; raises ``ChromiumMissing``."""
    for name in programs:
        if program := which(name):
            return kind.launch(executable_path=program, args=list(_ARGUMENTS), **options)
    raise ChromiumMissing("Chromium is not installed: scripts/setup.sh dev")
