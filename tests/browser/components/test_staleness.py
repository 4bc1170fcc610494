"""Data is marked as stale while the master can't be reached."""

import re
import signal
from collections.abc import Iterator

import psutil
import pytest
from playwright.sync_api import Locator, Page, expect

from scripts.local_cluster import LocalCluster
from tests.browser.accessibility import check
from tests.browser.actions import (
    choose_files,
    send,
    text_file,
    text_files,
    upload_card,
)
from tests.browser.conftest import OpenPage, Screenshot
from tests.conftest import assign
from tests.contract.jobs_api import call
from tests.contract.programs import paused_workers
from tests.e2e.steps import posix_only

SOON_MS = 25_000  # views poll every five seconds; a job that is followed live, every ten
AGO = r"\d+ (s|min) ago"


@pytest.fixture
def busy(own_cluster: LocalCluster, open_page: OpenPage) -> Iterator[Page]:
    """A page with a job that keeps running, since the workers are suspended."""
    own_cluster.settings = {**own_cluster.settings, "HEARTBEAT_INTERVAL": "1"}
    own_cluster.start_master()
    own_cluster.start_slaves(1)
    page = open_page(own_cluster.url)
    with paused_workers(*own_cluster.slaves):
        choose_files(page, text_files(3))
        send(page)
        expect(upload_card(page, "text")).to_contain_text("Running")
        yield page


def new_tab(page: Page, address: str) -> Page:
    """Open another view in a new tab."""
    tab = page.context.new_page()
    tab.goto(page.url.split("#")[0] + address)
    return tab


def is_gray(element: Locator) -> bool:
    """Return whether the element is in a grayed-out part of the view."""
    script = "one => getComputedStyle(one.closest('.live-data')).filter"
    is_stale = element.evaluate("one => !!one.closest('.stale')")
    return bool(is_stale and element.evaluate(script) == "grayscale(1)")


def test_every_view_marks_stale_data_and_recovers(
    busy: Page, own_cluster: LocalCluster, screenshot: Screenshot
) -> None:
    """While the master is stopped, no view shows a slave as ready or a job as running."""
    upload = upload_card(busy, "text")
    job_id = str(call(own_cluster.url, "GET", "/jobs", 200).json()["jobs"][0]["job_id"])
    cluster, jobs = new_tab(busy, "#/cluster"), new_tab(busy, "#/jobs")
    job, result = new_tab(busy, f"#/jobs/{job_id}"), new_tab(busy, f"#/jobs/{job_id}/0")
    badges = cluster.get_by_label("Slave 127.0.0.1").locator(".state")
    rows = job.locator("a.row .state")
    expect(badges).to_have_text(["ready"])
    expect(cluster.get_by_text("1 slave ready, 1 worker")).to_be_visible()
    expect(rows.first).to_have_text("running")
    expect(jobs.locator(".job-card")).to_contain_text("Running")
    expect(result.get_by_text(re.compile("^[^U].*, running by"))).to_be_visible()

    assert own_cluster.master
    own_cluster.master.stop(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    ready = re.compile(f"^unknown, last seen ready {AGO}$")
    expect(badges).to_have_text([ready], timeout=SOON_MS)
    assert is_gray(badges.first)
    unknown = re.compile(f"Unknown, last seen {AGO}: ")
    expect(cluster.get_by_text(re.compile(f"{unknown.pattern}1 slave ready"))).to_be_visible()
    expect(cluster.get_by_text("1 slave ready", exact=True)).to_have_count(0)
    expect(cluster.get_by_label("Rate").locator("strong")).to_contain_text("last seen")
    for view, place in (
        (busy, upload),
        (jobs, jobs.locator(".job-card")),
        (job, job.get_by_role("region", name="Progress")),
        (result, result.locator("#view")),
    ):
        expect(place).to_contain_text(unknown, timeout=SOON_MS)
        assert is_gray(view.locator(".live-data [data-tracked]").first)
    expect(rows.first).to_have_text(re.compile(f"^unknown, last seen running {AGO}$"))
    for name, view in (("send", busy), ("cluster", cluster), ("jobs", jobs), ("job", job)):
        alert = view.get_by_role("alert").first
        expect(alert).to_contain_text("can't be reached")
        expect(alert).to_contain_text("data of its last response")
        screenshot(view, name)
    for name, view in (("cluster", cluster), ("job", job)):
        check(view, name, screenshot)

    own_cluster.start_master()
    expect(badges).to_have_text(["ready"], timeout=SOON_MS)
    for view, place in (
        (busy, upload),
        (jobs, jobs.locator(".job-card")),
        (job, job.get_by_role("region", name="Progress")),
        (result, result.locator("#view")),
        (cluster, cluster.locator("#view")),
    ):
        expect(place).not_to_contain_text(re.compile("nknown, last seen"), timeout=SOON_MS)
        expect(view.locator(".stale")).to_have_count(0)
        expect(view.get_by_role("alert").first).to_be_empty()
    expect(rows.first).to_have_text(re.compile("^(running|queued)$"))
    call(own_cluster.url, "DELETE", f"/jobs/{job_id}", 200)
    expect(upload).to_contain_text("Cancelled", timeout=SOON_MS)
    call(own_cluster.url, "POST", "/jobs", 201, json={"task_type": "image"})
    expect(jobs.locator(".job-card")).to_have_count(2, timeout=SOON_MS)


RECORD_READY = """() => {
    window.readySlaves = [];
    const record = () => window.readySlaves.push(...[...document.querySelectorAll(".state")]
        .map((state) => state.textContent).filter((text) => text === "ready"));
    const changes = { subtree: true, childList: true, characterData: true };
    new MutationObserver(record).observe(document.querySelector("#view"), changes);
}"""


def test_slaves_are_not_ready_before_the_next_response(
    open_page: OpenPage, own_cluster: LocalCluster
) -> None:
    """Data stays marked as stale until the next response, which no longer has lost slaves.

    A slave that comes back is shown as ready again.
    """
    master = own_cluster.start_master()
    (slave,) = own_cluster.start_slaves(1)
    cluster = open_page(f"{own_cluster.url}/ui#/cluster")
    badges = cluster.locator(".state")
    expect(badges).to_have_text(["ready"])
    master.stop()
    expect(badges.first).to_contain_text("unknown, last seen ready", timeout=SOON_MS)
    psutil.Process(slave.process.pid).suspend()
    cluster.evaluate(RECORD_READY)
    own_cluster.start_master()
    expect(cluster.locator(".stale")).to_have_count(0, timeout=SOON_MS)
    expect(badges).to_have_count(0)
    assert cluster.evaluate("window.readySlaves") == []
    psutil.Process(slave.process.pid).resume()
    expect(badges).to_have_text(["ready"], timeout=SOON_MS)


@posix_only
def test_hanging_master_counts_as_unreachable(
    open_page: OpenPage, own_cluster: LocalCluster
) -> None:
    """If the master accepts connections but does not respond, that is shown, and data is stale."""
    master = own_cluster.start_master()
    own_cluster.start_slaves(1)
    page = open_page("about:blank")
    page.clock.install()
    page.goto(f"{own_cluster.url}/ui#/cluster")
    badge, alert = page.locator(".state"), page.get_by_role("alert").first
    expect(badge).to_have_text("ready")
    process = psutil.Process(master.process.pid)
    process.suspend()
    try:
        # Each pending call times out after 20 s.
        for _ in range(6):
            page.clock.run_for(5000)
        expect(alert).to_contain_text("can't be reached")
        for _ in range(8):
            page.clock.run_for(5000)
        expect(badge).to_have_text(re.compile(f"^unknown, last seen ready {AGO}$"))
    finally:
        process.resume()
    for _ in range(2):
        page.clock.run_for(5000)
    expect(badge).to_have_text("ready")
    expect(alert).to_be_empty()


def test_final_states_do_not_become_stale(open_page: OpenPage, own_cluster: LocalCluster) -> None:
    """The final states of a job and of its files are not marked as stale."""
    own_cluster.start_master()
    own_cluster.start_slaves(1)
    job_id = assign(own_cluster, "text", [("a.txt", b"a good text")])["job_id"]
    job = open_page(f"{own_cluster.url}/ui#/jobs/{job_id}")
    jobs = new_tab(job, "#/jobs")
    expect(jobs.locator(".job-card")).to_contain_text("Finished")
    expect(job.locator("a.row .state")).to_have_text("done")
    assert own_cluster.master
    own_cluster.master.stop()
    expect(jobs.locator(".stale")).to_have_count(1, timeout=SOON_MS)
    expect(jobs.locator(".job-card")).to_contain_text("Finished")
    expect(jobs.locator(".job-card")).not_to_contain_text("nknown")
    expect(job.locator("a.row .state")).to_have_text("done")


def test_waiting_job_shows_what_it_waits_for(
    open_page: OpenPage, own_cluster: LocalCluster, screenshot: Screenshot
) -> None:
    """A job without a slave shows that in a note: in its view, on its cards, and on its upload."""
    own_cluster.start_master()
    page = open_page(own_cluster.url)
    choose_files(page, [text_file("a.txt", b"a good text")])
    send(page)
    upload = upload_card(page, "text")
    expect(upload.locator(".notice")).to_contain_text("Waiting: No slaves available")
    jobs = new_tab(page, "#/jobs")
    expect(jobs.locator(".job-card .notice")).to_contain_text("Waiting: No slaves available")
    check(jobs, "jobs", screenshot)
    upload.get_by_role("link", name="View job").click()
    card = page.get_by_role("region", name="Progress")
    expect(card.locator(".notice")).to_contain_text("Waiting: No slaves available")
    check(page, "job", screenshot)
    own_cluster.start_slaves(1)
    expect(card).to_contain_text("Finished", timeout=SOON_MS)
    expect(card.locator(".notice")).to_have_count(0)
