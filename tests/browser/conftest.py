"""Fixtures: Chromium, pages whose errors fail the test, and screenshots."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
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
_PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""Chromium's headless shell has the same engine without a desktop browser's interface around it, so
it uses less than half of the CPU time."""
_WITH_INTERFACE = _PROGRAMS[1:]
"""For what only the whole browser has, such as the back-forward cache."""
_ARGUMENTS = [
    "--no-sandbox",  # root can't use the sandbox; only this project's own page is opened
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
OpenPage = Callable[..., Page]
Screenshot = Callable[[Page, str], Path]
expect.set_options(timeout=15_000)  # on two busy cores, the default of 5 s can be too short


def _program(names: Sequence[str] = _PROGRAMS) -> str:
    """Return the first program there is; skips the test where there is none, but for CI."""
    for name in names:
        if found := which(name):
            return found
    if os.environ.get("CI"):
        pytest.fail("Chromium is missing in CI")
    pytest.skip("Chromium is not installed here (scripts/setup.sh dev installs it)")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium for all tests of this process."""
    program = _program()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def browser_with_page_cache(browser: Browser) -> Iterator[Browser]:
    """Chromium with its back-forward cache, which Playwright disables."""
    another = browser.browser_type.launch(
        executable_path=_program(_WITH_INTERFACE),
        args=_ARGUMENTS,
        ignore_default_args=["--disable-back-forward-cache"],
    )
    yield another
    another.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Return a function that opens a URL in a browser context of its own.

    Errors that the page throws or logs fail the test.
    """
    errors: list[str] = []
    contexts = []

    def record_message(message: ConsoleMessage) -> None:
        # The browser logs each request that fails; tests cause such requests on purpose.
        if message.type == "error" and not re.match("Failed to load|WebSocket", message.text):
            errors.append(message.text)

    def record_error(error: WebError) -> None:
        errors.append(str(error.error))

    def opened(url: str, *, dark: bool = False, phone: bool = False) -> Page:
        context = browser.new_context(
            color_scheme="dark" if dark else "light",
            viewport=PHONE if phone else WIDE,
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.on("weberror", record_error)
        context.on("console", record_message)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def screenshot(request: pytest.FixtureRequest) -> Screenshot:
    """Return a function that saves a screenshot, named after the test and a state."""

    def save(page: Page, state: str) -> Path:
        test = re.sub(r"\W+", "-", request.node.name.removeprefix("test_")).strip("-")
        path = SCREENSHOTS / f"{test}--{state}.png"
        page.screenshot(path=path, full_page=True)
        return path

    return save


@pytest.fixture
def page(open_page: OpenPage, cluster: LocalCluster) -> Page:
    """The page of a master with two slaves."""
    return open_page(cluster.url)
