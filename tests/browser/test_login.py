"""The login of the page, and its expiry."""

from collections.abc import Iterator

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from scripts.local_cluster import LocalCluster
from tests.browser.actions import choose_files, send, text_files, upload_card
from tests.browser.conftest import OpenPage, Screenshot
from tests.conftest import TOKEN
from tests.contract.jobs_api import call


@pytest.fixture(scope="module")
def token_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """A master with a token, and no slaves."""
    cluster = LocalCluster(tmp_path_factory.mktemp("token"), {"CLUSTER_TOKEN": TOKEN})
    cluster.start_master()
    yield cluster
    cluster.stop()


def log_in(page: Page) -> None:
    """Enter the token in the login form."""
    page.get_by_label("Token of this cluster").fill(TOKEN)
    page.keyboard.press("Enter")


def test_login_and_logout(
    open_page: OpenPage, token_cluster: LocalCluster, screenshot: Screenshot
) -> None:
    """The login refuses a wrong token and keeps the requested view; logout ends it."""
    page = open_page(f"{token_cluster.url}/ui#/cluster")
    token = page.get_by_label("Token of this cluster")
    token.fill("wrong")
    token.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("not the token")
    screenshot(page, "wrong")
    token.fill(TOKEN)
    token.press("Enter")
    expect(page.get_by_label("Add a slave")).to_contain_text(
        f"MASTER_URL=http://MASTER-ADDRESS:{token_cluster.port} CLUSTER_TOKEN=the-token"
    )
    assert TOKEN not in page.content()
    page.get_by_role("link", name="Send", exact=True).click()
    choose_files(page, text_files(1))
    send(page)
    expect(page.get_by_text("Queued").or_(page.get_by_text("No slaves")).first).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(token).to_be_visible()


def test_expired_login_keeps_the_selection(
    open_page: OpenPage, token_cluster: LocalCluster, screenshot: Screenshot
) -> None:
    """After the login has expired, the user logs in on the page, and the upload continues."""
    page = open_page(token_cluster.url)
    log_in(page)
    choose_files(page, text_files(2))
    expect(page.get_by_role("button", name="Send 2 files")).to_be_visible()
    page.context.clear_cookies()
    send(page)
    expect(page.get_by_text("Selected files are kept")).to_be_visible()
    screenshot(page, "ended")
    page.get_by_label("Token of this cluster").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This is not the token")).to_be_visible()
    log_in(page)
    expect(page.get_by_text("Sent: 2 files for text")).to_be_visible()
    expect(page.get_by_text("Selected files are kept")).to_have_count(0)


def logged_in(open_page: OpenPage, cluster: LocalCluster, address: str) -> Page:
    """Log in, and return the view; its clock can be advanced."""
    page = open_page("about:blank")
    page.clock.install()
    page.goto(f"{cluster.url}/ui{address}")
    log_in(page)
    return page


def test_job_is_followed_after_a_new_login(
    open_page: OpenPage, token_cluster: LocalCluster
) -> None:
    """After a new login, the page follows the job of its upload again."""
    page = logged_in(open_page, token_cluster, "")
    choose_files(page, text_files(2))
    send(page)
    expect(page.get_by_text("0 of 2 done.")).to_be_visible()
    page.context.clear_cookies()
    page.clock.run_for(20_000)  # the page polls the job, and gets 401
    log_in(page)
    expect(page.get_by_text("Selected files are kept")).to_have_count(0)
    expect(upload_card(page, "text")).to_contain_text("Waiting: No slaves available")
    headers = {"Authorization": f"Bearer {TOKEN}"}
    (newest,) = call(token_cluster.url, "GET", "/jobs?limit=1", 200, headers=headers).json()["jobs"]
    call(token_cluster.url, "DELETE", f"/jobs/{newest['job_id']}", 200, headers=headers)
    expect(upload_card(page, "text")).to_contain_text("Cancelled")


def test_login_in_another_tab_is_detected(open_page: OpenPage, token_cluster: LocalCluster) -> None:
    """The login form disappears after a login in another tab."""
    page = logged_in(open_page, token_cluster, "#/jobs")
    expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.clock.run_for(6000)
    expect(page.get_by_text("Selected files are kept")).to_be_visible()
    page.context.add_cookies([{**cookie} for cookie in cookies])  # type: ignore[typeddict-item]
    page.clock.run_for(6000)
    expect(page.get_by_text("Selected files are kept")).to_have_count(0)


def test_page_from_the_cache_is_hidden_without_a_login(
    browser_with_page_cache: Browser, token_cluster: LocalCluster
) -> None:
    """A page from the back-forward cache is shown once the master has confirmed the login."""
    with browser_with_page_cache.new_context() as context:
        page = context.new_page()
        page.goto(token_cluster.url)
        log_in(page)
        seen = page.get_by_text("Drop files or a folder here")
        expect(seen).to_be_visible()
        page.evaluate(
            "addEventListener('pageshow', (event) => { window.isCached = event.persisted; })"
        )

        leave_and_return(page)
        expect(seen).to_be_visible()
        assert page.evaluate("window.isCached")  # not loaded again

        assert token_cluster.master
        process = psutil.Process(token_cluster.master.process.pid)
        process.suspend()
        try:
            leave_and_return(page)
            expect(seen).to_be_attached()
            expect(seen).to_be_hidden()
        finally:
            process.resume()
        expect(seen).to_be_visible(timeout=40_000)

        page.goto("about:blank")
        context.clear_cookies()
        page.go_back(wait_until="commit")
        expect(page.get_by_label("Token of this cluster")).to_be_visible()
        expect(seen).to_have_count(0)


def leave_and_return(page: Page) -> None:
    """Open another page, and go back to the cached one."""
    page.goto("about:blank")
    page.go_back(wait_until="commit")
