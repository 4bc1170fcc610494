"""The view of a job: progress, cancel, a lost slave."""

import re

import psutil
from playwright.sync_api import Page, expect

from scripts.local_cluster import LocalCluster
from tests.browser.actions import (
    choose_files,
    current_job_id,
    open_finished_job,
    send,
    text_files,
    upload_card,
)
from tests.browser.conftest import OpenPage, Screenshot
from tests.contract.jobs_api import call, job
from tests.contract.programs import paused_workers


def test_job_shows_progress_and_can_be_cancelled(
    open_page: OpenPage, cluster: LocalCluster, screenshot: Screenshot
) -> None:
    """While files are processed the progress changes; Cancel stops the job and its files."""
    page = open_page(cluster.url)
    with paused_workers(cluster.slaves[0]):
        choose_files(page, text_files(24))
        send(page)
        card = upload_card(page, "text")
        expect(card.get_by_role("progressbar")).to_have_attribute("aria-valuemax", "24")
        some = re.compile("^(1?[1-9]|10|2[0-3])$")
        expect(card.get_by_role("progressbar")).to_have_attribute("aria-valuenow", some)
        card.get_by_role("link", name="View job").click()
        expect(page.get_by_role("status")).to_contain_text("Running")
        screenshot(page, "under-way")
        page.emulate_media(color_scheme="dark")
        screenshot(page, "under-way-dark")
        # As long as a click takes, the page must not replace the button.
        page.get_by_role("button", name="Cancel").click(delay=300)
        expect(page.get_by_role("status")).to_contain_text("Cancelled")
    expect(page.get_by_text("cancelled", exact=True).first).to_be_visible()
    assert job(cluster.url, current_job_id(page))["state"] == "cancelled"


def test_job_is_polled_without_websockets(open_page: OpenPage, cluster: LocalCluster) -> None:
    """If a proxy blocks WebSockets, a job is followed by polling."""
    page = open_page("about:blank")
    page.route_web_socket("**/events", lambda socket: socket.close())
    page.goto(cluster.url)
    with paused_workers(*cluster.slaves):
        choose_files(page, text_files(3))
        send(page)
        expect(upload_card(page, "text")).to_contain_text("Running", timeout=30_000)
    open_finished_job(page, "text")
    expect(page.get_by_role("status")).to_contain_text("3 of 3 done")


def test_lost_slave_loses_no_file(
    open_page: OpenPage, own_cluster: LocalCluster, screenshot: Screenshot
) -> None:
    """All files are done after a slave is lost, and the cluster view shows it as missing."""
    own_cluster.settings = {
        **own_cluster.settings,
        "SLAVE_TIMEOUT": "5",
        "HEARTBEAT_INTERVAL": "0.5",
    }
    own_cluster.start_master()
    own_cluster.start_slaves(2)
    page = open_page(own_cluster.url)
    with paused_workers(own_cluster.slaves[0]):
        choose_files(page, text_files(8))
        send(page)
        expect(upload_card(page, "text")).to_contain_text("Running", timeout=30_000)
        # As if its network had failed, until the pool takes it back.
        psutil.Process(own_cluster.slaves[0].process.pid).suspend()
    open_finished_job(page, "text")
    expect(page.get_by_role("status")).to_contain_text("8 of 8 done")
    page.get_by_role("link", name="Cluster").click()
    expect(page.locator(".state.missing")).to_contain_text("missing for")
    screenshot(page, "missing")


def test_job_is_cancelled_from_its_upload_card(page: Page, cluster: LocalCluster) -> None:
    """Cancel on the card of a sent upload cancels the job."""
    with paused_workers(*cluster.slaves):
        choose_files(page, text_files(3))
        send(page)
        card = upload_card(page, "text")
        expect(card).to_contain_text("Running")
        card.get_by_role("button", name="Cancel").click()
        expect(card).to_contain_text("Cancelled after 0 files")
    expect(card.get_by_role("button", name="Cancel")).to_have_count(0)
    newest = call(cluster.url, "GET", "/jobs?limit=1", 200).json()["jobs"][0]
    assert newest["state"] == "cancelled"
