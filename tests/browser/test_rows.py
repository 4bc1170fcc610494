"""The list of a job's files, however long it is."""

import io
from collections.abc import Iterator
from datetime import datetime, timezone

import pytest
from PIL import Image
from playwright.sync_api import APIResponse, Locator, Route, expect

from master_service.jobs.ledger import Ledger
from master_service.jobs.model import File, FileState, Job, JobState
from scripts.local_cluster import LocalCluster
from tests.browser.conftest import Open
from tests.conftest import assign
from tests.contract.jobs_api import call
from tests.contract.jobs_api import send as send_job
from tests.contract.programs import slow_text, wait_until


def test_rows_that_cannot_be_had_are_not_asked_for_without_end(
    open_page: Open, cluster: LocalCluster
) -> None:
    """A page of the list that fails is tried again after a while, and not once one has left."""
    job_id = assign(cluster, "text", [("a.txt", b"a good text")])["job_id"]
    page = open_page(cluster.url)
    asked: list[str] = []

    def refuse(route: Route) -> None:
        # A master that refuses, as one that is full does.
        asked.append(route.request.url)
        route.fulfill(status=503, json={"error": "not now"})

    page.route("**/jobs/*?offset=*", refuse)
    page.goto(f"{cluster.url}/ui#/jobs/{job_id}")
    page.reload()
    expect(page.get_by_role("heading", name="1 file for text")).to_be_visible()
    page.wait_for_timeout(1500)  # nothing tells that something does not happen
    assert 0 < len(asked) < 5


def test_files_with_warnings_are_marked(open_page: Open, cluster: LocalCluster) -> None:
    """A file of which a part was not read is marked in the list, and its view says what that is."""
    pages = io.BytesIO()
    images = [Image.new("L", (8, 8), 90 * number) for number in range(2)]
    images[0].save(pages, "TIFF", save_all=True, append_images=images[1:])
    files = [("two pages.tiff", pages.getvalue()), ("one page.tiff", one())]
    job_id = assign(cluster, "image", files)["job_id"]
    page = open_page(f"{cluster.url}/ui#/jobs/{job_id}")
    row = page.locator("a.row", has_text="two pages.tiff")
    expect(row.get_by_text("warning", exact=True)).to_be_visible()
    expect(page.get_by_text("warning", exact=True)).to_have_count(1)
    row.click()
    expect(page.get_by_label("Warnings")).to_contain_text("only the first was read")


def one() -> bytes:
    file = io.BytesIO()
    Image.new("L", (8, 8)).save(file, "TIFF")
    return file.getvalue()


def test_way_back_leads_to_where_one_was(open_page: Open, cluster: LocalCluster) -> None:
    """Back from a result, the list is where it was left, with the focus on the same file."""
    files = [(f"note {n}.txt", b"") for n in range(300)]
    job_id = assign(cluster, "text", files)["job_id"]
    page = open_page(f"{cluster.url}/ui#/jobs/{job_id}")
    expect(page.locator("a.row").first).to_be_visible()
    page.locator(".rows-frame").evaluate("frame => { frame.scrollTop = 8000; }")
    row = page.locator("a.row", has_text="note 203.txt")
    row.focus()
    row.press("Enter")
    expect(page.get_by_role("heading", name="note 203.txt")).to_be_visible()
    page.go_back()
    expect(row).to_be_focused()
    assert page.locator(".rows-frame").evaluate("frame => frame.scrollTop") == 8000


def test_rows_that_have_not_changed_stay(open_page: Open, cluster: LocalCluster) -> None:
    """While a job goes on, the rows that say the same are the same, and can be pressed."""
    files = [("done.txt", b"good"), *((f"slow {n}.txt", slow_text(20)) for n in range(2))]
    job_id = send_job(cluster.url, "text", files)
    page = open_page(f"{cluster.url}/ui#/jobs/{job_id}")
    done = page.locator("a.row", has_text="done.txt")
    expect(done.locator(".state")).to_have_text("done")
    done.evaluate("row => { window.before = row; }")
    with page.expect_response("**/jobs/*?offset=*"):  # the next refresh
        pass
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")
    assert done.evaluate("row => row === window.before")
    call(cluster.url, "DELETE", f"/jobs/{job_id}", 200)


def test_rows_that_come_late_do_not_hide_newer_ones(open_page: Open, cluster: LocalCluster) -> None:
    """Of two answers about the same rows, that which was asked for later is shown."""
    job_id = send_job(cluster.url, "text", [("slow.txt", slow_text(20))])
    page = open_page("about:blank")
    held: list[tuple[Route, APIResponse]] = []

    def hold_the_first(route: Route) -> None:
        # A slow network: the master's own answer, which comes late.
        if held:
            route.continue_()
        else:
            held.append((route, route.fetch()))

    page.route(f"**/jobs/{job_id}?offset=*", hold_the_first)
    page.goto(f"{cluster.url}/ui#/jobs/{job_id}")
    assert wait_until(lambda: held or page.evaluate("false"))
    row = page.locator("a.row", has_text="slow.txt")
    assert held[0][1].json()["files"][0]["state"] in ("queued", "running")
    call(cluster.url, "DELETE", f"/jobs/{job_id}", 200)
    expect(row.locator(".state")).to_have_text("cancelled")
    route, answer = held[0]
    with page.expect_event("requestfinished", lambda request: request == route.request):
        route.fulfill(response=answer)
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")
    expect(row.locator(".state")).to_have_text("cancelled")


MANY = 250_000
"""Rows that are higher, all together, than a browser can draw."""


@pytest.fixture(scope="module")
def vast_job(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a job of very many files, which a master found in its ledger."""
    folder = tmp_path_factory.mktemp("vast")
    (folder / "spool").mkdir()
    at = datetime.now(timezone.utc)
    job = Job("vast", "text", at, JobState.CANCELLED, at, at, 0, MANY, 0, 0, MANY)
    files = [File(n, f"row {n}.txt", 0, "", FileState.CANCELLED) for n in range(MANY)]
    ledger = Ledger(folder / "spool" / "jobs.db")
    ledger.add(job, files, None)
    ledger.close()
    cluster = LocalCluster(folder)
    cluster.start_master()
    yield f"{cluster.url}/ui#/jobs/vast"
    cluster.stop()


def stands_still(frame: Locator) -> bool:
    """Tell whether the list is where it was a moment before."""
    before = frame.evaluate("frame => frame.scrollTop")
    frame.page.wait_for_timeout(300)
    return bool(before == frame.evaluate("frame => frame.scrollTop"))


def test_all_of_very_many_rows_can_be_reached(open_page: Open, vast_job: str) -> None:
    """A list that is higher than a browser can draw still leads from its first row to its last."""
    page = open_page(vast_job)
    frame = page.locator(".rows-frame")

    def row(number: int) -> Locator:
        return frame.get_by_text(f"row {number}.txt", exact=True)

    expect(row(0)).to_be_in_viewport()
    frame.focus()
    page.keyboard.press("PageDown")  # which leaves no row out, and goes on for a while
    expect(row(0)).not_to_be_in_viewport()
    assert wait_until(lambda: stands_still(frame))
    expect(row(12)).to_be_in_viewport()
    script = "(frame, part) => frame.scrollTo(0, part * (frame.scrollHeight - frame.clientHeight))"
    for part, number in [(0, 0), (0.5, MANY // 2), (1, MANY - 1)]:
        frame.evaluate(script, part)
        expect(row(number)).to_be_in_viewport()
    row(MANY - 1).click()
    expect(page.get_by_role("heading", name=f"row {MANY - 1}.txt")).to_be_visible()
    page.go_back()
    expect(row(MANY - 1)).to_be_in_viewport()  # the way back leads to the same place
