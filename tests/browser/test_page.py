"""The page as a whole: a master that is gone, views that come and go, the jobs."""

from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import requests
from playwright.sync_api import Page, Response, expect

from scripts.local_cluster import LocalCluster
from tests.browser.acting import (
    hold_all,
    refuse_once,
)
from tests.browser.conftest import Open
from tests.conftest import assign
from tests.contract.jobs_api import call
from tests.contract.programs import wait_until
from tests.e2e.steps import posix_only

Picture = Callable[[Page, str], Path]
MOST_FIRST_BYTES = 150_000


def test_master_that_is_gone_comes_back(
    open_page: Open, own_cluster: LocalCluster, picture: Picture
) -> None:
    """The page says that the master is gone, and goes on by itself when it is back."""
    master = own_cluster.start_master()
    page = open_page(f"{own_cluster.url}/ui#/jobs")
    expect(page.get_by_text("No job yet")).to_be_visible()
    master.stop()
    soon = 20_000  # it looks every five seconds
    expect(page.get_by_role("alert")).to_contain_text("can't be reached", timeout=soon)
    picture(page, "gone")
    own_cluster.start_master()
    expect(page.get_by_role("alert")).to_be_empty(timeout=soon)
    call(own_cluster.url, "POST", "/jobs", 201, json={"task_type": "image"})
    expect(page.locator(".job")).to_have_count(1, timeout=soon)


@posix_only
def test_master_that_hangs_is_noticed(open_page: Open, own_cluster: LocalCluster) -> None:
    """A master that takes calls and answers none is as good as gone, until it goes on."""
    master = own_cluster.start_master()
    page = open_page("about:blank")
    page.clock.install()
    page.goto(f"{own_cluster.url}/ui#/jobs")
    expect(page.get_by_text("No job yet")).to_be_visible()
    process = psutil.Process(master.process.pid)
    process.suspend()
    try:
        for _ in range(6):
            page.clock.run_for(5000)
        expect(page.get_by_role("alert")).to_contain_text("can't be reached")
    finally:
        process.resume()
    for _ in range(2):
        page.clock.run_for(5000)
    expect(page.get_by_role("alert")).to_be_empty()


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("#/jobs/%", "There is no job %"),
        ("#/jobs/..%2Fcheck_status", "not found"),
        ("#/constructor", "Drop files or a folder here"),
        ("#/jobs/none", "There is no job none"),
        ("#/jobs/none/7", "There is no job none"),
    ],
)
def test_odd_addresses_break_nothing(
    open_page: Open, cluster: LocalCluster, address: str, shown: str
) -> None:
    """Whatever stands behind the #, it is told, and the way to the other views stays open."""
    page = open_page(f"{cluster.url}/ui{address}")
    expect(page.locator("#view")).to_contain_text(shown)
    page.get_by_role("link", name="Cluster").click()
    expect(page.get_by_role("heading", name="Cluster", exact=True)).to_be_visible()


def test_view_that_was_left_draws_no_more(open_page: Open, cluster: LocalCluster) -> None:
    """An answer that comes late changes neither the view nor the title that came after it."""
    job_id = assign(cluster, "text", [("a.txt", b"a good text")])["job_id"]
    page = open_page(cluster.url)
    held = hold_all(page, "**/jobs/*?*")
    for address in (f"#/jobs/{job_id}/0", "#/jobs/none"):
        page.evaluate("address => { location.hash = address; }", address)
    assert wait_until(lambda: len(held) == 2 or page.evaluate("false"))
    page.get_by_role("link", name="Cluster").click()
    expect(page.get_by_label("Slave 127.0.0.1")).to_have_count(2)
    with page.expect_response("**/jobs/none?*"):
        for route in held:
            route.continue_()
    expect(page.get_by_label("Slave 127.0.0.1")).to_have_count(2)
    expect(page).to_have_title("Cluster · File cluster")


@pytest.mark.parametrize("which", ["failures", "*code=*"])
def test_what_could_not_be_had_is_asked_for_again(
    open_page: Open, cluster: LocalCluster, which: str
) -> None:
    """The failures of a job that is over come later where they could not be had at once."""
    job_id = assign(cluster, "text", [("a.txt", b"")])["job_id"]
    page = open_page("about:blank")
    refused = refuse_once(page, f"**/{which}")
    page.goto(f"{cluster.url}/ui#/jobs/{job_id}")
    expect(page.get_by_label("Files that need attention")).to_contain_text("a.txt")
    expect(page.get_by_label("Files that need attention")).not_to_contain_text("not now")
    assert len(refused) == 1


@pytest.mark.parametrize("index", ["", "/0"], ids=["job", "result"])
def test_view_that_failed_at_first_comes_by_itself(
    open_page: Open, cluster: LocalCluster, index: str
) -> None:
    """Where the first call is refused, the view says so, and asks again."""
    job_id = assign(cluster, "text", [("a.txt", b"a good text")])["job_id"]
    page = open_page("about:blank")
    refuse_once(page, f"**/jobs/{job_id}?*")
    page.goto(f"{cluster.url}/ui#/jobs/{job_id}{index}")
    expect(page.get_by_text("not now")).to_be_visible()
    expect(page.get_by_text("not now")).to_have_count(0)
    expect(page.get_by_role("heading", name="a.txt" if index else "1 file")).to_be_visible()


def test_each_view_has_its_title_and_the_focus(open_page: Open, cluster: LocalCluster) -> None:
    """Tabs, history and who listens to the page are told which view is shown."""
    files = [("a.txt", b"a good text"), ("b.txt", b"a bad text")]
    job_id = assign(cluster, "text", files)["job_id"]
    page = open_page(cluster.url)
    expect(page).to_have_title("Send · File cluster")
    titles = {
        "#/jobs": "Jobs",
        "#/cluster": "Cluster",
        f"#/jobs/{job_id}": "2 files for text",
        f"#/jobs/{job_id}/0": "a.txt",
    }
    for address, title in titles.items():
        page.evaluate("address => { location.hash = address; }", address)
        expect(page).to_have_title(f"{title} · File cluster")
        expect(page.locator("main")).to_be_focused()


def test_older_jobs_are_a_button_away(open_page: Open, own_cluster: LocalCluster) -> None:
    """The newest hundred jobs are listed, then the next; a new one takes the focus from nobody."""
    own_cluster.start_master()
    for _ in range(130):
        call(own_cluster.url, "POST", "/jobs", 201, json={"task_type": "text"})
    page = open_page(f"{own_cluster.url}/ui#/jobs")
    expect(page.locator(".job")).to_have_count(100)
    page.get_by_role("button", name="Older jobs").click()
    expect(page.locator(".job")).to_have_count(30)
    expect(page.get_by_role("button", name="Older jobs")).to_have_count(0)
    page.get_by_role("button", name="Newer jobs").click()
    expect(page.locator(".job")).to_have_count(100)
    third = page.locator(".job").nth(2)
    third.focus()
    call(own_cluster.url, "POST", "/jobs", 201, json={"task_type": "image"})
    expect(page.locator(".job").first).to_contain_text("image", timeout=20_000)
    expect(page.locator(".job").nth(3)).to_be_focused()


def test_first_load_is_light(open_page: Open, cluster: LocalCluster) -> None:
    """What is fetched until the page can be used is small, and all of it is the master's own."""
    page = open_page("about:blank")
    answers: list[Response] = []

    def note(answer: Response) -> None:
        answers.append(answer)

    page.on("response", note)
    page.goto(cluster.url, wait_until="networkidle")
    assert sum(len(answer.body()) for answer in answers if answer.status == 200) < MOST_FIRST_BYTES
    assert {answer.url.startswith(cluster.url) for answer in answers} == {True}


def test_browser_that_is_too_old_is_told(open_page: Open, cluster: LocalCluster) -> None:
    """Where the page's program does not start, a sentence says so; else it is never seen."""
    page = open_page("about:blank")
    page.route("**/app.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
    page.goto(f"{cluster.url}/ui")
    told = page.get_by_text("This page needs a newer browser")
    expect(told).to_be_hidden()
    expect(told).to_be_visible()


def test_without_javascript_there_is_a_word(cluster: LocalCluster) -> None:
    """Without JavaScript there is still a word of what to do."""
    assert "client.py" in requests.get(f"{cluster.url}/ui", timeout=10).text
