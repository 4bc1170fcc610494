"""A browser, pages that complain of every fault of their own, and pictures of what was seen."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import which

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    ViewportSize,
    WebError,
    expect,
    sync_playwright,
)

from scripts.local_cluster import PROJECT, LocalCluster

SCREENSHOTS = PROJECT / ".spool" / "screenshots"
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = [
    "--no-sandbox",  # which root can't have; it opens nothing but this project's own page
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = ViewportSize(width=1200, height=800)
NARROW = ViewportSize(width=320, height=640)
PHONE = ViewportSize(width=390, height=800)
Open = Callable[..., Page]
expect.set_options(timeout=15_000)  # where two cores do everything, five seconds may be short


def _program() -> str | None:
    return next((found for name in _PROGRAMS if (found := which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; skipped where there is none, but for CI."""
    program = _program()
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing in CI")
        pytest.skip("Chromium is not installed here (scripts/setup.sh dev installs it)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def remembering_browser(browser: Browser) -> Iterator[Browser]:
    """Another, which keeps pages as they were left for the way back, as those of people do."""
    another = browser.browser_type.launch(
        executable_path=_program(),
        args=_ARGUMENTS,
        ignore_default_args=["--disable-back-forward-cache"],
    )
    yield another
    another.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Return what opens an address in a window of its own; a fault of the page fails the test."""
    faults: list[str] = []
    contexts = []

    def note(message: ConsoleMessage) -> None:
        # A call that was refused, or found nobody, is told by the browser itself too.
        if message.type == "error" and not re.match("Failed to load|WebSocket", message.text):
            faults.append(message.text)

    def note_error(error: WebError) -> None:
        faults.append(str(error.error))

    def opened(url: str, *, dark: bool = False, phone: bool = False) -> Page:
        context = browser.new_context(
            color_scheme="dark" if dark else "light",
            viewport=PHONE if phone else WIDE,
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.on("weberror", note_error)
        context.on("console", note)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Callable[[Page, str], Path]:
    """Return what keeps a picture of a page, named for the test and the state."""

    def keep(page: Page, state: str) -> Path:
        test = re.sub(r"\W+", "-", request.node.name.removeprefix("test_")).strip("-")
        path = SCREENSHOTS / f"{test}--{state}.png"
        page.screenshot(path=path, full_page=True)
        return path

    return keep


@pytest.fixture
def page(open_page: Open, cluster: LocalCluster) -> Page:
    """The page of a master with two slaves, as it opens."""
    return open_page(cluster.url)
