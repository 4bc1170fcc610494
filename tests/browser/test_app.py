"""Routing, errors of the connection, and the first load."""

import requests
from playwright.sync_api import Response, expect

from scripts.local_cluster import LocalCluster
from tests.browser.actions import hold_requests, refuse_first_request
from tests.browser.conftest import OpenPage
from tests.conftest import assign
from tests.contract.programs import wait_until
from tests.rows import check_rows

MAX_FIRST_LOAD_BYTES = 150_000


INVALID_ADDRESSES = {
    "#/jobs/%": "There is no job %",
    "#/jobs/..%2Fcheck_status": "not found",
    "#/constructor": "Drop files or a folder here",
    "#/jobs/none": "There is no job none",
    "#/jobs/none/7": "There is no job none",
}


def test_invalid_addresses_are_handled(open_page: OpenPage, cluster: LocalCluster) -> None:
    """An invalid hash shows an error or the send view, and the navigation works."""
    page = open_page("about:blank")

    def check_address(address: str) -> None:
        page.goto(f"{cluster.url}/ui{address}")
        expect(page.locator("#view")).to_contain_text(INVALID_ADDRESSES[address])
        page.get_by_role("link", name="Cluster").click()
        expect(page.get_by_role("heading", name="Cluster", exact=True)).to_be_visible()

    check_rows({address: address for address in INVALID_ADDRESSES}, check_address)


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


def test_views_recover_from_a_failed_request(open_page: OpenPage, cluster: LocalCluster) -> None:
    """If the first request fails, the view shows the error and retries."""
    job_id = assign(cluster, "text", [("a.txt", b"a good text")])["job_id"]
    page, requests = open_page("about:blank"), f"**/jobs/{job_id}?*"

    def check_view(view: tuple[str, str]) -> None:
        address, heading = view
        page.goto("about:blank")
        refuse_first_request(page, requests)
        page.goto(f"{cluster.url}/ui{address}")
        expect(page.get_by_text("not now")).to_be_visible()
        expect(page.get_by_text("not now")).to_have_count(0)
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        page.unroute(requests)

    views = {"job": (f"#/jobs/{job_id}", "1 file"), "result": (f"#/jobs/{job_id}/0", "a.txt")}
    check_rows(views, check_view)


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
