"""The master's last answer is marked as stale while it is gone, and fresh again once it is back."""

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Locator, Page, expect

from scripts.local_cluster import LocalCluster
from tests.browser.acting import choose, send, shown_job, text, upload_of
from tests.browser.conftest import Open
from tests.browser.test_everybody import check
from tests.contract.jobs_api import call
from tests.contract.programs import WORKER, children, running, slow_text
from tests.e2e.steps import posix_only

Picture = Callable[[Page, str], Path]
SOON_MS = 25_000  # it asks every five seconds, and a job that is watched live a while later
AGO = r"\d+ (s|min) ago"


@pytest.fixture
def busy(own_cluster: LocalCluster, open_page: Open) -> Iterator[Page]:
    """A page that has sent a job, which stays running since its workers are suspended."""
    own_cluster.settings = {**own_cluster.settings, "HEARTBEAT_INTERVAL": "1"}
    own_cluster.start_master()
    own_cluster.start_slaves(2)
    page = open_page(own_cluster.url)
    choose(page, [text(f"slow {n}.txt", slow_text(20)) for n in range(3)])
    send(page)
    expect(upload_of(page, "text")).to_contain_text("Under way")
    workers = [each for slave in own_cluster.slaves for each in children(slave, WORKER)]
    for worker in workers:
        worker.suspend()
    yield page
    for worker in running(workers):
        worker.kill()  # a slave that is told to stop would wait for them


def another(page: Page, address: str) -> Page:
    """Open another view in a tab of its own."""
    tab = page.context.new_page()
    tab.goto(page.url.split("#")[0] + address)
    return tab


def is_gray(element: Locator) -> bool:
    """Tell whether an element, or one around it, is drawn without colors."""
    script = "one => !!one.closest('.stale .live') && getComputedStyle(one.closest('.live')).filter"
    return str(element.evaluate(script)) == "grayscale(1)"


def test_every_view_says_what_is_stale_and_recovers(
    busy: Page, own_cluster: LocalCluster, picture: Picture
) -> None:
    """No slave looks ready and no job under way from an old answer, in any view."""
    upload = upload_of(busy, "text")
    job_id = str(call(own_cluster.url, "GET", "/jobs", 200).json()["jobs"][0]["job_id"])
    cluster, jobs = another(busy, "#/cluster"), another(busy, "#/jobs")
    job, result = another(busy, f"#/jobs/{job_id}"), another(busy, f"#/jobs/{job_id}/0")
    badges = cluster.get_by_label("Slave 127.0.0.1").locator(".state")
    rows = job.locator("a.row .state")
    expect(badges).to_have_text(["ready"] * 2)
    expect(cluster.get_by_text("2 slaves ready, 2 workers")).to_be_visible()
    expect(rows.first).to_have_text("running")
    expect(jobs.locator(".job")).to_contain_text("Under way")
    expect(result.get_by_text(re.compile("^[^U].*, running by"))).to_be_visible()

    assert own_cluster.master
    own_cluster.master.stop(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    ready = re.compile(f"^unknown, last seen ready {AGO}$")
    expect(badges).to_have_text([ready] * 2, timeout=SOON_MS)
    assert is_gray(badges.first)
    unknown = re.compile(f"Unknown, last seen {AGO}: ")
    expect(cluster.get_by_text(re.compile(f"{unknown.pattern}2 slaves ready"))).to_be_visible()
    expect(cluster.get_by_text("2 slaves ready", exact=True)).to_have_count(0)
    expect(cluster.get_by_label("Rate").locator("strong")).to_contain_text("last seen")
    for view, place in (
        (busy, upload),
        (jobs, jobs.locator(".job")),
        (job, job.get_by_role("region", name="Progress")),
        (result, result.locator("#view")),
    ):
        expect(place).to_contain_text(unknown, timeout=SOON_MS)
        assert is_gray(view.locator(".live [data-answer]").first)
    expect(rows.first).to_have_text(re.compile(f"^unknown, last seen running {AGO}$"))
    for name, view in (("send", busy), ("cluster", cluster), ("jobs", jobs), ("job", job)):
        expect(view.get_by_role("alert").first).to_contain_text("from its last answer")
        picture(view, name)
    for name, view in (("cluster", cluster), ("job", job)):
        check(view, name, picture)

    own_cluster.start_master()
    expect(badges).to_have_text(["ready"] * 2, timeout=SOON_MS)
    for view, place in (
        (busy, upload),
        (jobs, jobs.locator(".job")),
        (job, job.get_by_role("region", name="Progress")),
        (result, result.locator("#view")),
        (cluster, cluster.locator("#view")),
    ):
        expect(place).not_to_contain_text(re.compile("nknown, last seen"), timeout=SOON_MS)
        expect(view.locator(".stale")).to_have_count(0)
    expect(rows.first).to_have_text(re.compile("^(running|queued)$"))
    call(own_cluster.url, "DELETE", f"/jobs/{job_id}", 200)
    expect(upload).to_contain_text("Cancelled", timeout=SOON_MS)


@posix_only
def test_slaves_that_went_meanwhile_are_not_shown_as_ready(
    busy: Page, own_cluster: LocalCluster
) -> None:
    """The marks go with the next answer, and not before it: then a slave that left is gone."""
    cluster = another(busy, "#/cluster")
    badges = cluster.locator(".state")
    expect(badges).to_have_text(["ready"] * 2)
    assert own_cluster.master
    own_cluster.master.stop()
    expect(badges.first).to_contain_text("unknown, last seen ready", timeout=SOON_MS)
    own_cluster.slaves[0].stop(signal.SIGKILL)
    own_cluster.slaves[1].stop(signal.SIGKILL)
    cluster.evaluate(
        """() => {
            window.seen = [];
            const look = () => window.seen.push(...[...document.querySelectorAll(".state")]
                .map((one) => one.textContent).filter((words) => words === "ready"));
            new MutationObserver(look).observe(document.querySelector("#view"),
                { subtree: true, childList: true, characterData: true });
        }"""
    )
    own_cluster.start_master()
    expect(cluster.locator(".stale")).to_have_count(0, timeout=SOON_MS)
    assert cluster.evaluate("window.seen") == []


@posix_only
def test_master_that_hangs_leaves_stale_marks(open_page: Open, own_cluster: LocalCluster) -> None:
    """A master that takes calls and answers none is as good as gone, also for what it told."""
    master = own_cluster.start_master()
    own_cluster.start_slaves(1)
    page = open_page("about:blank")
    page.clock.install()
    page.goto(f"{own_cluster.url}/ui#/cluster")
    badge = page.locator(".state")
    expect(badge).to_have_text("ready")
    process = psutil.Process(master.process.pid)
    process.suspend()
    try:
        # Calls that were begun just before are given up after 20 s, and so are those that follow.
        for _ in range(14):
            page.clock.run_for(5000)
        expect(badge).to_have_text(re.compile(f"^unknown, last seen ready {AGO}$"))
    finally:
        process.resume()
    for _ in range(2):
        page.clock.run_for(5000)
    expect(badge).to_have_text("ready")


def test_job_that_is_over_stays_as_it_is(open_page: Open, own_cluster: LocalCluster) -> None:
    """What cannot change any more is not called unknown: a job's end, and those of its files."""
    own_cluster.start_master()
    own_cluster.start_slaves(1)
    page = open_page(own_cluster.url)
    choose(page, [text("a.txt", b"a good text")])
    send(page)
    upload_of(page, "text").get_by_role("link", name="Look at the results").click(timeout=30_000)
    job = another(page, f"#/jobs/{shown_job(page)}")
    jobs = another(page, "#/jobs")
    expect(jobs.locator(".job")).to_contain_text("Finished")
    expect(job.locator("a.row .state")).to_have_text("done")
    assert own_cluster.master
    own_cluster.master.stop()
    expect(jobs.locator(".stale")).to_have_count(1, timeout=SOON_MS)
    expect(jobs.locator(".job")).to_contain_text("Finished")
    expect(jobs.locator(".job")).not_to_contain_text("nknown")
    expect(job.locator("a.row .state")).to_have_text("done")


def test_what_a_job_waits_for_is_prominent(
    open_page: Open, own_cluster: LocalCluster, picture: Picture
) -> None:
    """A job without a slave says so in a note of its own: on its page, its card, its upload."""
    own_cluster.start_master()
    page = open_page(own_cluster.url)
    choose(page, [text("a.txt", b"a good text")])
    send(page)
    upload = upload_of(page, "text")
    expect(upload.locator(".notice")).to_contain_text("Waiting: No slaves available")
    jobs = another(page, "#/jobs")
    expect(jobs.locator(".job .notice")).to_contain_text("Waiting: No slaves available")
    check(jobs, "jobs", picture)
    upload.get_by_role("link", name="Watch the job").click()
    card = page.get_by_role("region", name="Progress")
    expect(card.locator(".notice")).to_contain_text("Waiting: No slaves available")
    check(page, "job", picture)
    own_cluster.start_slaves(1)
    expect(card).to_contain_text("Finished", timeout=SOON_MS)
    expect(card.locator(".notice")).to_have_count(0)
