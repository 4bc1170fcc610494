"""Everybody can use the page: by keyboard, with a screen reader, on a phone, in dark and light."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from scripts.local_cluster import LocalCluster
from tests.browser.acting import choose, drop, hold, reload, texts, upload_of
from tests.browser.conftest import NARROW, PHONE, WIDE, Open
from tests.conftest import TOKEN, assign, need

Picture = Callable[[Page, str], Path]
LOOKS: tuple[tuple[Literal["light", "dark"], bool], ...] = (
    ("light", False),
    ("dark", False),
    ("light", True),
    ("dark", True),
)


_FOCUSED = """
() => document.activeElement.matches("a, button") ? document.activeElement.textContent : ""
"""


def check(page: Page, state: str, picture: Picture) -> None:
    """See that axe-core finds nothing serious, and nothing is wider than the window, in any look.

    A picture of each look is kept.
    """
    for scheme, phone in LOOKS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(PHONE if phone else WIDE)
        name = f"{state}-{scheme}-{'phone' if phone else 'wide'}"
        assert wider(page) == 0, name
        picture(page, name)
        assert serious(page) == [], name
    page.set_viewport_size(NARROW)
    assert wider(page) == 0, f"{state} in a narrow window"


def wider(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    # Chromium tells of the width before last until it has drawn.
    page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")
    pixels: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return pixels


def serious(page: Page) -> list[str]:
    """Return what axe-core calls serious or critical."""
    violations: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]} {json.dumps(one['nodes'][0]['any'])[:300]}"
        for one in violations
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("task_type", ["image", "text", "embedding", "ocr", "audio", "document"])
def test_results(
    open_page: Open,
    cluster: LocalCluster,
    sample_files: dict[str, list[Path]],
    picture: Picture,
    task_type: str,
) -> None:
    """The results of every type."""
    need("tesseract")
    files = [(file.name, file.read_bytes()) for file in sample_files[task_type]]
    job_id = assign(cluster, task_type, files)["job_id"]
    page = open_page(f"{cluster.url}/ui#/jobs/{job_id}/0")
    expect(page.locator(".card").first).to_be_visible()
    if task_type == "embedding":
        expect(page.locator(".map")).to_be_visible()
    check(page, task_type, picture)


def test_jobs_and_cluster(open_page: Open, cluster: LocalCluster, picture: Picture) -> None:
    """A job with failures and a very long name, the list of jobs, and the cluster."""
    long = ("a name " + "of many letters " * 8 + ".png", b"")
    bad = [long, ("broken.png", b"\x89PNG\r\n\x1a\nno"), ("empty.png", b"")]
    job_id = assign(cluster, "image", bad)["job_id"]
    page = open_page(f"{cluster.url}/ui#/jobs/{job_id}")
    expect(page.get_by_text("3 files need attention")).to_be_visible()
    expect(page.locator("a.row")).to_have_count(3)
    check(page, "job", picture)
    page.get_by_role("link", name="empty.png").click()
    expect(page.get_by_label("Failure")).to_contain_text("empty The file is empty")
    check(page, "failed", picture)
    page.goto(f"{cluster.url}/ui#/jobs")
    expect(page.locator(".job").first).to_be_visible()
    check(page, "jobs", picture)
    page.goto(f"{cluster.url}/ui#/cluster")
    expect(page.locator(".chart canvas")).to_be_visible()
    check(page, "cluster", picture)


def test_sending(open_page: Open, cluster: LocalCluster, picture: Picture) -> None:
    """Before anything is chosen, with a choice, while it is sent, and after it broke off."""
    page = open_page(cluster.url)
    expect(page.locator(".drop")).to_be_visible()
    check(page, "empty", picture)
    drop(page, [("a.txt", "a good text"), ("b.bin", "\0\1\2"), ("c.txt", "")])
    expect(page.locator(".group")).to_have_count(3)
    page.locator("summary").first.click()
    check(page, "chosen", picture)
    page.get_by_role("button", name="Clear").click()
    hold(page, texts(600))
    check(page, "sending", picture)
    reload(page)
    expect(page.get_by_label("Interrupted upload")).to_be_visible()
    check(page, "interrupted", picture)


def test_login_and_no_slaves(open_page: Open, own_cluster: LocalCluster, picture: Picture) -> None:
    """The login with a wrong token, and the views of an empty cluster."""
    own_cluster.settings = {**own_cluster.settings, "CLUSTER_TOKEN": TOKEN}
    own_cluster.start_master()
    page = open_page(own_cluster.url)
    page.get_by_label("Token of this cluster").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    check(page, "login", picture)
    page.get_by_label("Token of this cluster").fill(TOKEN)
    page.keyboard.press("Enter")
    expect(page.get_by_text("No slave is here yet")).to_be_visible()
    check(page, "send", picture)
    page.get_by_role("link", name="Cluster").click()
    expect(page.get_by_label("Add a slave")).to_be_visible()
    check(page, "cluster", picture)


def test_keyboard_is_enough(page: Page) -> None:
    """From the first view to a sent file and its results, nothing else is needed."""
    # Beforehand: Chromium hands the dialog over some time after it is asked to, and a key is fast.
    page.on("filechooser", lambda chooser: chooser.set_files(texts(3)))
    tab_to(page, "Choose files")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Send 3 files")).to_be_enabled()
    tab_to(page, "Send 3 files")
    page.keyboard.press("Enter")
    expect(upload_of(page, "text")).to_be_focused()
    expect(upload_of(page, "text")).to_contain_text("Look at the results", timeout=30_000)
    tab_to(page, "Look at the results")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="3 files for text")).to_be_visible()
    expect(page.locator("a.row")).to_have_count(3)
    tab_to(page, "note 0.txt")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="note 0.txt")).to_be_visible()
    tab_to(page, "Next")
    for number in (1, 2):
        page.keyboard.press("Enter")  # the button keeps the focus from one result to the next
        expect(page.get_by_role("heading", name=f"note {number}.txt")).to_be_visible()


def tab_to(page: Page, words: str) -> None:
    """Press Tab until the focus is on what says these words."""
    for _ in range(30):
        page.keyboard.press("Tab")
        if words in page.evaluate(_FOCUSED):
            return
    raise AssertionError(f"Tab does not lead to {words}")


def test_stays_with_the_keyboard_where_a_choice_is_changed(page: Page) -> None:
    """The arrow keys go through the types of a group, and the focus stays there."""
    choose(page, texts(2))
    types = page.get_by_role("combobox")
    types.focus()
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    expect(types).to_be_focused()
    expect(types).not_to_have_value("text")
