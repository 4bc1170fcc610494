"""Checks the accessibility and the width of a page."""

import json
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.actions import WAIT_FOR_FRAME
from tests.browser.conftest import NARROW, PHONE, WIDE, Screenshot

LOOKS: tuple[tuple[Literal["light", "dark"], bool], ...] = (
    ("light", False),
    ("dark", False),
    ("light", True),
    ("dark", True),
)


_FIND_VIOLATIONS = """
axe.run({ resultTypes: ["violations"] }).then(({ violations }) => violations)
"""
"""Returns the violations alone: the results of the other rules are many times as long."""


def check(page: Page, state: str, screenshot: Screenshot) -> None:
    """See that axe-core finds nothing serious, and nothing is wider than the window, in any look.

    A picture of each look is kept.
    """
    page.evaluate(Axe().axe_script)
    for scheme, phone in LOOKS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(PHONE if phone else WIDE)
        name = f"{state}-{scheme}-{'phone' if phone else 'wide'}"
        assert wider(page) == 0, name
        screenshot(page, name)
        assert serious(page) == [], name
    page.set_viewport_size(NARROW)
    assert wider(page) == 0, f"{state} in a narrow window"


def wider(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    # Chromium tells of the width before last until it has drawn.
    page.evaluate(WAIT_FOR_FRAME)
    pixels: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return pixels


def serious(page: Page) -> list[str]:
    """Return what axe-core, which the page has loaded, calls serious or critical."""
    violations: list[dict[str, Any]] = page.evaluate(_FIND_VIOLATIONS)
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]} {json.dumps(one['nodes'][0]['any'])[:300]}"
        for one in violations
        if one["impact"] in ("serious", "critical")
    ]
