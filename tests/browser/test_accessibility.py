"""The page is accessible: with a keyboard, a screen reader, a phone, in dark and light colors."""

from pathlib import Path

from playwright.sync_api import Page, expect

from protocol.task_types import TASK_TYPES
from scripts.local_cluster import LocalCluster
from tests.browser.accessibility import check
from tests.browser.actions import (
    BATCH_FILES,
    choose_files,
    drop_files,
    open_with_small_batches,
    reload_during_upload,
    send_and_hold_second_batch,
    text_files,
    upload_card,
)
from tests.browser.conftest import OpenPage, Screenshot
from tests.conftest import TOKEN, assign, need
from tests.rows import check_rows

_FOCUSED = """
() => document.activeElement.matches("a, button") ? document.activeElement.textContent : ""
"""


def test_results(
    open_page: OpenPage,
    cluster: LocalCluster,
    sample_files: dict[str, list[Path]],
    screenshot: Screenshot,
) -> None:
    """The result view of every task type."""
    need("tesseract")
    page = open_page(cluster.url)

    def check_result(task_type: str) -> None:
        files = sample_files[task_type]
        job_id = assign(cluster, task_type, files)["job_id"]
        page.goto(f"{cluster.url}/ui#/jobs/{job_id}/0")
        expect(page.get_by_role("heading", name=files[0].name)).to_be_visible()
        expect(page.locator("#view .card").first).to_be_visible()
        if task_type == "embedding":
            expect(page.locator(".scatter-plot")).to_be_visible()
        check(page, task_type, screenshot)

    check_rows({task_type: task_type for task_type in TASK_TYPES}, check_result)


def test_jobs_and_cluster(
    open_page: OpenPage, cluster: LocalCluster, screenshot: Screenshot
) -> None:
    """A job with failures and a long file name, a failed file, the jobs and the cluster view."""
    long = ("a name " + "of many letters " * 8 + ".png", b"")
    bad = [long, ("broken.png", b"\x89PNG\r\n\x1a\nno"), ("empty.png", b"")]
    job_id = assign(cluster, "image", bad)["job_id"]
    page = open_page(f"{cluster.url}/ui#/jobs/{job_id}")
    expect(page.get_by_text("3 files need attention")).to_be_visible()
    expect(page.locator("a.row")).to_have_count(3)
    check(page, "job", screenshot)
    page.get_by_role("link", name="empty.png").click()
    expect(page.get_by_label("Failure")).to_contain_text("empty The file is empty")
    check(page, "failed", screenshot)
    page.goto(f"{cluster.url}/ui#/jobs")
    expect(page.locator(".job-card").first).to_be_visible()
    check(page, "jobs", screenshot)
    page.goto(f"{cluster.url}/ui#/cluster")
    expect(page.locator(".chart canvas")).to_be_visible()
    check(page, "cluster", screenshot)


def test_send_view(open_page: OpenPage, cluster: LocalCluster, screenshot: Screenshot) -> None:
    """The send view: empty, with a selection, while sending, and with an interrupted upload."""
    page = open_with_small_batches(open_page, cluster.url)
    expect(page.locator(".drop-zone")).to_be_visible()
    check(page, "empty", screenshot)
    drop_files(page, [("a.txt", "a good text"), ("b.bin", "\0\1\2"), ("c.txt", "")])
    expect(page.locator(".file-group")).to_have_count(3)
    page.locator("summary").first.click()
    check(page, "chosen", screenshot)
    page.get_by_role("button", name="Clear").click()
    send_and_hold_second_batch(page, text_files(BATCH_FILES + 1))
    check(page, "sending", screenshot)
    reload_during_upload(page)
    expect(page.get_by_label("Interrupted upload")).to_be_visible()
    check(page, "interrupted", screenshot)


def test_login_and_empty_cluster(
    open_page: OpenPage, own_cluster: LocalCluster, screenshot: Screenshot
) -> None:
    """The login with a wrong token, and the views of an empty cluster."""
    own_cluster.settings = {**own_cluster.settings, "CLUSTER_TOKEN": TOKEN}
    own_cluster.start_master()
    page = open_page(own_cluster.url)
    page.get_by_label("Token of this cluster").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    check(page, "login", screenshot)
    page.get_by_label("Token of this cluster").fill(TOKEN)
    page.keyboard.press("Enter")
    expect(page.get_by_text("No slave is registered yet")).to_be_visible()
    check(page, "send", screenshot)
    page.get_by_role("link", name="Cluster").click()
    expect(page.get_by_label("Add a slave")).to_be_visible()
    check(page, "cluster", screenshot)


def test_keyboard_alone_is_sufficient(page: Page) -> None:
    """Sending files and opening their results needs the keyboard only."""
    # Registered before the key press: Chromium reports the file dialog with a delay.
    page.on("filechooser", lambda chooser: chooser.set_files(text_files(3)))
    tab_to(page, "Choose files")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Send 3 files")).to_be_enabled()
    tab_to(page, "Send 3 files")
    page.keyboard.press("Enter")
    expect(upload_card(page, "text")).to_be_focused()
    expect(upload_card(page, "text")).to_contain_text("View results", timeout=30_000)
    tab_to(page, "View results")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="3 files for text")).to_be_visible()
    expect(page.locator("a.row")).to_have_count(3)
    tab_to(page, "note 0.txt")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="note 0.txt")).to_be_visible()
    tab_to(page, "Next")
    for number in (1, 2):
        page.keyboard.press("Enter")  # the focus stays on this link from view to view
        expect(page.get_by_role("heading", name=f"note {number}.txt")).to_be_visible()


def tab_to(page: Page, text: str) -> None:
    """Press Tab until a link or button with this text has the focus."""
    for _ in range(30):
        page.keyboard.press("Tab")
        if text in page.evaluate(_FOCUSED):
            return
    raise AssertionError(f"Tab does not lead to {text}")


def test_select_keeps_the_focus(page: Page) -> None:
    """The select of a group keeps the focus while arrow keys change its value."""
    choose_files(page, text_files(2))
    types = page.get_by_role("combobox")
    types.focus()
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    expect(types).to_be_focused()
    expect(types).not_to_have_value("text")
