"""The list of a job's files, of any length."""

import io
from collections.abc import Iterator
from datetime import datetime, timezone

import pytest
from PIL import Image
from playwright.sync_api import APIResponse, Locator, Route, expect

from master_service.storage.ledger import Ledger
from master_service.storage.model import File, FileState, Job, JobState
from scripts.local_cluster import LocalCluster
from tests.browser.actions import WAIT_FOR_FRAME
from tests.browser.conftest import OpenPage
from tests.conftest import assign
from tests.contract.jobs_api import call
from tests.contract.jobs_api import send as send_job
from tests.contract.programs import paused_workers, wait_until


def test_failed_page_of_rows_is_retried_slowly(open_page: OpenPage, cluster: LocalCluster) -> None:
    """A page of rows that fails is requested again after a pause, and only while it is shown."""
    job_id = assign(cluster, "text", [("a.txt", b"a good text")])["job_id"]
    page = open_page(cluster.url)
    requests: list[str] = []

    def refuse(route: Route) -> None:
        # A full master answers like this.
        requests.append(route.request.url)
        route.fulfill(status=503, json={"error": "not now"})

    page.route("**/jobs/*?offset=*", refuse)
    page.goto(f"{cluster.url}/ui#/jobs/{job_id}")
    page.reload()
    expect(page.get_by_role("heading", name="1 file for text")).to_be_visible()
    page.wait_for_timeout(1500)  # there is no event for requests that are not made
    assert 0 < len(requests) < 5


def test_files_with_warnings_are_marked(open_page: OpenPage, cluster: LocalCluster) -> None:
    """A file with a warning is marked in the list, and its view shows the warning."""
    pages = io.BytesIO()
    images = [Image.new("L", (8, 8), 90 * number) for number in range(2)]
    images[0].save(pages, "TIFF", save_all=True, append_images=images[1:])
    files = [("two pages.tiff", pages.getvalue()), ("one page.tiff", small_tiff())]
    job_id = assign(cluster, "image", files)["job_id"]
    page = open_page(f"{cluster.url}/ui#/jobs/{job_id}")
    row = page.locator("a.row", has_text="two pages.tiff")
    expect(row.get_by_text("warning", exact=True)).to_be_visible()
    expect(page.get_by_text("warning", exact=True)).to_have_count(1)
    row.click()
    expect(page.get_by_label("Warnings")).to_contain_text("only the first was read")


def small_tiff() -> bytes:
    file = io.BytesIO()
    Image.new("L", (8, 8)).save(file, "TIFF")
    return file.getvalue()


def test_going_back_restores_position_and_focus(open_page: OpenPage, cluster: LocalCluster) -> None:
    """Going back from a result restores the list's scroll position and the focused row."""
    files = [(f"note {n}.txt", b"") for n in range(300)]
    job_id = assign(cluster, "text", files)["job_id"]
    page = open_page(f"{cluster.url}/ui#/jobs/{job_id}")
    expect(page.locator("a.row").first).to_be_visible()
    page.locator(".virtual-list").evaluate("list => { list.scrollTop = 8000; }")
    row = page.locator("a.row", has_text="note 203.txt")
    row.focus()
    row.press("Enter")
    expect(page.get_by_role("heading", name="note 203.txt")).to_be_visible()
    page.go_back()
    expect(row).to_be_focused()
    assert page.locator(".virtual-list").evaluate("list => list.scrollTop") == 8000


def test_unchanged_rows_keep_their_elements(open_page: OpenPage, cluster: LocalCluster) -> None:
    """While a job runs, rows that have not changed keep their elements."""
    files = [(f"{n}.txt", b"good") for n in range(6)]
    with paused_workers(cluster.slaves[0]):
        job_id = send_job(cluster.url, "text", files)
        page = open_page(f"{cluster.url}/ui#/jobs/{job_id}")
        done = page.locator("a.row", has=page.get_by_text("done", exact=True)).first
        expect(done).to_be_visible()
        done.evaluate("row => { window.before = row; }")
        with page.expect_response("**/jobs/*?offset=*"):  # the next refresh
            pass
        page.evaluate(WAIT_FOR_FRAME)
        assert page.evaluate("window.before.isConnected")
        call(cluster.url, "DELETE", f"/jobs/{job_id}", 200)


def test_late_rows_do_not_replace_newer_ones(open_page: OpenPage, cluster: LocalCluster) -> None:
    """Of two responses for the same rows, that of the later request is shown."""
    page = open_page("about:blank")
    held: list[tuple[Route, APIResponse]] = []

    def hold_first(route: Route) -> None:
        # A slow network: the master's response is late.
        if held:
            route.continue_()
        else:
            held.append((route, route.fetch()))

    with paused_workers(*cluster.slaves):
        job_id = send_job(cluster.url, "text", [("a.txt", b"good")])
        page.route(f"**/jobs/{job_id}?offset=*", hold_first)
        page.goto(f"{cluster.url}/ui#/jobs/{job_id}")
        assert wait_until(lambda: held or page.evaluate("false"))
        assert held[0][1].json()["files"][0]["state"] in ("queued", "running")
        call(cluster.url, "DELETE", f"/jobs/{job_id}", 200)
    row = page.locator("a.row", has_text="a.txt")
    expect(row.locator(".state")).to_have_text("cancelled")
    route, answer = held[0]
    with page.expect_event("requestfinished", lambda request: request == route.request):
        route.fulfill(response=answer)
    page.evaluate(WAIT_FOR_FRAME)
    expect(row.locator(".state")).to_have_text("cancelled")


MANY = 210_000
"""So many rows are higher than a browser's limit for an element."""


@pytest.fixture(scope="module")
def huge_job(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a job with MANY files, of a master that was started on its ledger."""
    folder = tmp_path_factory.mktemp("huge")
    (folder / "spool").mkdir()
    at = datetime.now(timezone.utc)
    job = Job("huge", "text", at, JobState.CANCELLED, at, at, 0, MANY, 0, 0, MANY)
    files = [File(n, f"row {n}.txt", 0, "", state=FileState.CANCELLED) for n in range(MANY)]
    ledger = Ledger(folder / "spool" / "jobs.db")
    ledger.add(job, files, None)
    ledger.close()
    cluster = LocalCluster(folder)
    cluster.start_master()
    yield f"{cluster.url}/ui#/jobs/huge"
    cluster.stop()


def is_still(frame: Locator) -> bool:
    """Return whether the list does not scroll any more."""
    before = frame.evaluate("list => list.scrollTop")
    frame.page.wait_for_timeout(300)
    return bool(before == frame.evaluate("list => list.scrollTop"))


def test_all_rows_of_a_huge_list_can_be_reached(open_page: OpenPage, huge_job: str) -> None:
    """A list higher than a browser's limit can be scrolled from its first row to its last.

    At any position, only the visible rows are rendered.
    """
    page = open_page(huge_job)
    frame = page.locator(".virtual-list")

    def row(number: int) -> Locator:
        return frame.get_by_text(f"row {number}.txt", exact=True)

    expect(page.get_by_role("heading", name="210,000 files for text")).to_be_visible()
    expect(row(0)).to_be_in_viewport()
    frame.focus()
    page.keyboard.press("PageDown")  # skips no row; the scrolling is animated
    expect(row(0)).not_to_be_in_viewport()
    assert wait_until(lambda: is_still(frame))
    expect(row(12)).to_be_in_viewport()
    script = "(frame, part) => frame.scrollTo(0, part * (frame.scrollHeight - frame.clientHeight))"
    for part, number in [(0, 0), (0.5, MANY // 2), (1, MANY - 1)]:
        frame.evaluate(script, part)
        expect(row(number)).to_be_in_viewport()
        expect(row(number).locator("xpath=ancestor::a").locator(".state")).to_have_text("cancelled")
        assert page.locator(".row").count() < 60
    row(MANY - 1).click()
    expect(page.get_by_role("heading", name=f"row {MANY - 1}.txt")).to_be_visible()
    page.go_back()
    expect(row(MANY - 1)).to_be_in_viewport()
