"""Uploads can be retried, cancelled and discarded; two are sent at a time."""

from playwright.sync_api import Page, Route, expect

from scripts.local_cluster import LocalCluster
from tests.browser.actions import (
    BATCH_FILES,
    choose_files,
    current_job_id,
    hold_requests,
    open_finished_job,
    open_with_small_batches,
    send,
    send_and_hold_second_batch,
    text_files,
    upload_card,
)
from tests.browser.conftest import OpenPage, Screenshot
from tests.contract.jobs_api import call, finished
from tests.contract.programs import wait_until

SOON_MS = 15_000  # the page polls every five seconds


def test_failed_upload_can_be_retried(
    open_page: OpenPage, cluster: LocalCluster, screenshot: Screenshot
) -> None:
    """An upload whose job was cancelled fails with the reason; Try again creates a new job."""
    page = open_with_small_batches(open_page, cluster.url)
    release = send_and_hold_second_batch(page, text_files(BATCH_FILES + 1))
    job_id = call(cluster.url, "GET", "/jobs?limit=1", 200).json()["jobs"][0]["job_id"]
    call(cluster.url, "DELETE", f"/jobs/{job_id}", 200)
    release()
    card = upload_card(page, "text")
    expect(card).to_contain_text("Not sent: 6 files for text")
    expect(card).to_contain_text("cancelled and takes no more files")
    screenshot(page, "failed")
    card.get_by_role("button", name="Try again").click()
    open_finished_job(page, "text")
    assert current_job_id(page) != job_id
    assert finished(cluster.url, current_job_id(page))["done_files"] == 6


def test_refused_upload_can_be_discarded(open_page: OpenPage, cluster: LocalCluster) -> None:
    """Discard cancels the job of an upload that the master refused, and deletes its record."""
    page = open_page(cluster.url)
    # Simulated: the page knows the master's limits and sends nothing over them.
    refusal = {"error": "Too large: send it in parts."}
    page.route("**/jobs/*/files", lambda route: route.fulfill(status=413, json=refusal))
    choose_files(page, text_files(3))
    send(page)
    card = upload_card(page, "text")
    expect(card).to_contain_text("Too large: send it in parts.")
    card.get_by_role("button", name="Discard").click()
    expect(card).to_contain_text("Cancelled")
    assert call(cluster.url, "GET", "/jobs?limit=1", 200).json()["jobs"][0]["state"] == "cancelled"
    assert page.evaluate("localStorage.length") == 0


def test_refused_cancel_can_be_repeated(open_page: OpenPage, cluster: LocalCluster) -> None:
    """If the master refuses to cancel the job, the card shows the error and a button to retry."""
    page = open_with_small_batches(open_page, cluster.url)
    send_and_hold_second_batch(page, text_files(BATCH_FILES + 1))

    def refuse(route: Route) -> None:
        # Simulated: the test does not fill a disk.
        if route.request.method == "DELETE":
            route.fulfill(status=507, json={"error": "The ledger is full."})
        else:
            route.continue_()

    page.route("**/jobs/*", refuse)
    card = upload_card(page, "text")
    card.get_by_role("button", name="Cancel").click()
    expect(card).to_contain_text("The ledger is full.")
    page.unroute("**/jobs/*")
    card.get_by_role("button", name="Discard").click()
    expect(card).to_contain_text("Cancelled")
    assert call(cluster.url, "GET", "/jobs?limit=1", 200).json()["jobs"][0]["state"] == "cancelled"


def test_two_uploads_are_sent_at_a_time(page: Page) -> None:
    """Two uploads are sent at a time; a waiting one can be cancelled."""
    held = hold_requests(page, "**/jobs/*/files")
    for number in range(4):
        choose_files(page, text_files(1, first=number))
        send(page)
    expect(page.get_by_text("Sending: 1 file for text")).to_have_count(2)
    expect(page.get_by_text("Waiting: 1 file for text")).to_have_count(2)
    newest = upload_card(page, "text")
    newest.get_by_role("button", name="Cancel").click()
    expect(newest).to_contain_text("Cancelled: 1 file")
    expect(newest).not_to_contain_text("Waiting for other uploads")
    expect(page.get_by_text("Sending: 1 file for text")).to_have_count(2)
    expect(page.get_by_text("Waiting: 1 file for text")).to_have_count(1)
    assert wait_until(lambda: len(held) == 2 or page.evaluate("false"))
    page.unroute("**/jobs/*/files")  # which lets them continue
    expect(page.get_by_role("link", name="View results")).to_have_count(3)


def test_cancel_during_job_creation_cancels_the_job(
    open_page: OpenPage, cluster: LocalCluster
) -> None:
    """A job that is created while its upload is cancelled is cancelled too."""
    page = open_page(cluster.url)
    held = hold_requests(page, "**/jobs")
    choose_files(page, text_files(1))
    send(page)
    card = upload_card(page, "text")
    assert wait_until(lambda: held or page.evaluate("false"))
    card.get_by_role("button", name="Cancel").click()
    expect(card).to_contain_text("Cancelling")
    held[0].continue_()
    expect(card).to_contain_text("Cancelled")
    newest = call(cluster.url, "GET", "/jobs?limit=1", 200).json()["jobs"][0]
    assert (newest["state"], newest["total_files"]) == ("cancelled", 0)
