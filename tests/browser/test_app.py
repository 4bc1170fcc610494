"""Routing, errors of the connection, and the first load."""

import psutil
import pytest
import requests
from playwright.sync_api import Response, expect

from scripts.local_cluster import LocalCluster
from tests.browser.actions import hold_requests, refuse_first_request
from tests.browser.conftest import OpenPage, Screenshot
from tests.conftest import assign
from tests.contract.jobs_api import call
from tests.contract.programs import wait_until
from tests.e2e.steps import posix_only

MAX_FIRST_LOAD_BYTES = 150_000


def test_unreachable_master_is_shown(
    open_page: OpenPage, own_cluster: LocalCluster, screenshot: Screenshot
) -> None:
    """The page shows that the master can't be reached, and recovers when it is back."""
    master = own_cluster.start_master()
    page = open_page(f"{own_cluster.url}/ui#/jobs")
    expect(page.get_by_text("No jobs yet")).to_be_visible()
    master.stop()
    soon = 20_000  # the page polls every five seconds
    expect(page.get_by_role("alert")).to_contain_text("can't be reached", timeout=soon)
    screenshot(page, "gone")
    own_cluster.start_master()
    expect(page.get_by_role("alert")).to_be_empty(timeout=soon)
    call(own_cluster.url, "POST", "/jobs", 201, json={"task_type": "image"})
    expect(page.locator(".job-card")).to_have_count(1, timeout=soon)


@posix_only
def test_hanging_master_counts_as_unreachable(
    open_page: OpenPage, own_cluster: LocalCluster
) -> None:
    """A master that accepts connections but does not respond is shown as unreachable."""
    master = own_cluster.start_master()
    page = open_page("about:blank")
    page.clock.install()
    page.goto(f"{own_cluster.url}/ui#/jobs")
    expect(page.get_by_text("No jobs yet")).to_be_visible()
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
def test_invalid_addresses_are_handled(
    open_page: OpenPage, cluster: LocalCluster, address: str, shown: str
) -> None:
    """An invalid hash shows an error or the send view, and the navigation works."""
    page = open_page(f"{cluster.url}/ui{address}")
    expect(page.locator("#view")).to_contain_text(shown)
    page.get_by_role("link", name="Cluster").click()
    expect(page.get_by_role("heading", name="Cluster", exact=True)).to_be_visible()


def test_late_responses_do_not_change_another_view(
    open_page: OpenPage, cluster: LocalCluster
) -> None:
    """A late response for a view that was left changes neither the current view nor its title."""
    job_id = assign(cluster, "text", [("a.txt", b"a good text")])["job_id"]
    page = open_page(cluster.url)
    held = hold_requests(page, "**/jobs/*?*")
    page.evaluate("address => { location.hash = address; }", f"#/jobs/{job_id}/0")
    assert wait_until(lambda: len(held) == 1 or page.evaluate("false"))
    page.evaluate("location.hash = '#/jobs/none'")
    assert wait_until(lambda: len(held) == 2 or page.evaluate("false"))
    page.get_by_role("link", name="Cluster").click()
    expect(page.get_by_label("Slave 127.0.0.1")).to_have_count(2)
    with page.expect_response("**/jobs/none?*"):
        for route in held:
            route.continue_()
    expect(page.get_by_label("Slave 127.0.0.1")).to_have_count(2)
    expect(page).to_have_title("Cluster · File cluster")


@pytest.mark.parametrize("index", ["", "/0"], ids=["job", "result"])
def test_view_recovers_from_a_failed_request(
    open_page: OpenPage, cluster: LocalCluster, index: str
) -> None:
    """If the first request fails, the view shows the error and retries."""
    job_id = assign(cluster, "text", [("a.txt", b"a good text")])["job_id"]
    page = open_page("about:blank")
    refuse_first_request(page, f"**/jobs/{job_id}?*")
    page.goto(f"{cluster.url}/ui#/jobs/{job_id}{index}")
    expect(page.get_by_text("not now")).to_be_visible()
    expect(page.get_by_text("not now")).to_have_count(0)
    expect(page.get_by_role("heading", name="a.txt" if index else "1 file")).to_be_visible()


def test_each_view_sets_title_and_focus(open_page: OpenPage, cluster: LocalCluster) -> None:
    """Each view sets the title of the tab and moves the focus to its content."""
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


def test_first_load_is_small(open_page: OpenPage, cluster: LocalCluster) -> None:
    """The first load is under 150 kB, and only from the master."""
    page = open_page("about:blank")
    responses: list[Response] = []

    def record(response: Response) -> None:
        responses.append(response)

    page.on("response", record)
    page.goto(cluster.url, wait_until="networkidle")
    assert (
        sum(len(response.body()) for response in responses if response.status == 200)
        < MAX_FIRST_LOAD_BYTES
    )
    assert {response.url.startswith(cluster.url) for response in responses} == {True}


def test_unsupported_browser_is_told(open_page: OpenPage, cluster: LocalCluster) -> None:
    """If app.js does not run, a text names the supported browsers after a few seconds."""
    page = open_page("about:blank")
    page.route("**/app.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
    page.goto(f"{cluster.url}/ui")
    hint = page.get_by_text("this page needs a newer browser")
    expect(hint).to_be_hidden()
    expect(hint).to_be_visible()


def test_without_javascript_there_is_a_hint(cluster: LocalCluster) -> None:
    """Without JavaScript, the page names client.py instead."""
    assert "client.py" in requests.get(f"{cluster.url}/ui", timeout=10).text
