"""The login of the page, which ends and comes without anything being lost."""

from collections.abc import Callable
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, expect

from scripts.local_cluster import LocalCluster, Program
from tests.browser.acting import choose, send, texts, watch_to_the_end
from tests.browser.conftest import Open
from tests.conftest import TOKEN

Picture = Callable[[Page, str], Path]


def start_with_token(cluster: LocalCluster) -> Program:
    """Start a master that asks for a token."""
    cluster.settings = {**cluster.settings, "CLUSTER_TOKEN": TOKEN}
    return cluster.start_master()


def log_in(page: Page) -> None:
    """Give the token where it is asked for."""
    page.get_by_label("Token of this cluster").fill(TOKEN)
    page.keyboard.press("Enter")


def test_login_and_log_out(open_page: Open, own_cluster: LocalCluster, picture: Picture) -> None:
    """With a token the page asks for it, says where it is wrong, and leads where one wanted to."""
    start_with_token(own_cluster)
    page = open_page(f"{own_cluster.url}/ui#/cluster")
    token = page.get_by_label("Token of this cluster")
    token.fill("wrong")
    token.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("not the token")
    picture(page, "wrong")
    token.fill(TOKEN)
    token.press("Enter")
    expect(page.get_by_label("Add a slave")).to_contain_text(
        f"MASTER_URL=http://MASTER-ADDRESS:{own_cluster.port} CLUSTER_TOKEN=the-token"
    )
    assert TOKEN not in page.content()
    page.get_by_role("link", name="Send", exact=True).click()
    choose(page, texts(1))
    send(page)
    expect(
        page.get_by_text("Waiting its turn").or_(page.get_by_text("No slaves")).first
    ).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(token).to_be_visible()


def test_login_that_has_ended_loses_nothing(
    open_page: Open, own_cluster: LocalCluster, picture: Picture
) -> None:
    """Who is not let in any more logs in on the page, where what was chosen is still there."""
    start_with_token(own_cluster)
    page = open_page(own_cluster.url)
    log_in(page)
    choose(page, texts(2))
    expect(page.get_by_role("button", name="Send 2 files")).to_be_visible()
    page.context.clear_cookies()
    send(page)
    expect(page.get_by_text("What was chosen is still here")).to_be_visible()
    picture(page, "ended")
    page.get_by_label("Token of this cluster").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This is not the token")).to_be_visible()
    log_in(page)
    expect(page.get_by_text("Sent: 2 files for text")).to_be_visible()
    expect(page.get_by_text("What was chosen is still here")).to_have_count(0)


def logged_in(open_page: Open, cluster: LocalCluster, address: str) -> Page:
    """Return a view of a cluster with a token, behind its login, with a clock to be set forward."""
    start_with_token(cluster)
    page = open_page("about:blank")
    page.clock.install()
    page.goto(f"{cluster.url}/ui{address}")
    log_in(page)
    return page


def test_job_is_watched_on_after_a_login_that_ended(
    open_page: Open, own_cluster: LocalCluster
) -> None:
    """Who logs in again sees how a job went on that was being watched."""
    page = logged_in(open_page, own_cluster, "")
    choose(page, texts(2))
    send(page)
    expect(page.get_by_text("0 of 2 done.")).to_be_visible()
    page.context.clear_cookies()
    page.clock.run_for(20_000)  # in which the silent job is asked for, in vain
    log_in(page)
    expect(page.get_by_text("What was chosen is still here")).to_have_count(0)
    own_cluster.start_slaves(1)
    watch_to_the_end(page, "text")


def test_login_in_another_tab_counts_here(open_page: Open, own_cluster: LocalCluster) -> None:
    """The form for the token goes away by itself where it was given elsewhere."""
    page = logged_in(open_page, own_cluster, "#/jobs")
    expect(page.get_by_text("No job yet")).to_be_visible()
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.clock.run_for(6000)
    expect(page.get_by_text("What was chosen is still here")).to_be_visible()
    page.context.add_cookies([{**cookie} for cookie in cookies])  # type: ignore[typeddict-item]
    page.clock.run_for(6000)
    expect(page.get_by_text("What was chosen is still here")).to_have_count(0)


def test_page_that_comes_back_is_hidden_until_it_is_let_in(
    remembering_browser: Browser, own_cluster: LocalCluster
) -> None:
    """The way back shows what was seen only to who is logged in, whatever the master does."""
    master = start_with_token(own_cluster)
    with remembering_browser.new_context() as context:
        page = context.new_page()
        page.goto(own_cluster.url)
        log_in(page)
        seen = page.get_by_text("Drop files or a folder here")
        expect(seen).to_be_visible()
        page.evaluate("addEventListener('pageshow', (event) => { window.kept = event.persisted; })")

        leave_and_come_back(page)
        expect(seen).to_be_visible()
        assert page.evaluate("window.kept")  # else it would have been loaded anew

        process = psutil.Process(master.process.pid)
        process.suspend()
        leave_and_come_back(page)
        expect(seen).to_be_attached()
        expect(seen).to_be_hidden()
        process.resume()
        expect(seen).to_be_visible(timeout=40_000)

        page.goto("about:blank")
        context.clear_cookies()
        page.go_back(wait_until="commit")
        expect(page.get_by_label("Token of this cluster")).to_be_visible()
        expect(seen).to_have_count(0)


def leave_and_come_back(page: Page) -> None:
    """Leave for another page, and go back; one that was kept is not loaded again."""
    page.goto("about:blank")
    page.go_back(wait_until="commit")
