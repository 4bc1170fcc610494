"""Fixtures: Chromium, pages whose errors fail the test, and screenshots."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserType,
    ConsoleMessage,
    Page,
    ViewportSize,
    WebError,
    expect,
    sync_playwright,
)

from scripts import chromium
from scripts.local_cluster import PROJECT, LocalCluster

SCREENSHOTS = PROJECT / ".spool" / "screenshots"
WIDE = ViewportSize(width=1200, height=800)
NARROW = ViewportSize(width=320, height=640)
PHONE = ViewportSize(width=390, height=800)
OpenPage = Callable[..., Page]
Screenshot = Callable[[Page, str], Path]
expect.set_options(timeout=15_000)  # on two busy cores, the default of 5 s can be too short


def _launch(kind: BrowserType, *programs: str, **options: Any) -> Browser:
    """Start Chromium; skips the test where it is missing, but for CI."""
    try:
        return chromium.launch(kind, programs, **options)
    except chromium.ChromiumMissing as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium for all tests of this process."""
    with sync_playwright() as playwright:
        browser = _launch(playwright.chromium, chromium.HEADLESS_SHELL, *chromium.BROWSERS)
        yield browser
        browser.close()


@pytest.fixture
def browser_with_page_cache(browser: Browser) -> Iterator[Browser]:
    """Chromium with its back-forward cache, which Playwright disables."""
    another = _launch(
        browser.browser_type,
        *chromium.BROWSERS,
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
