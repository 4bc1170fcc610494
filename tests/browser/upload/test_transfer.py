"""Uploads recover from errors of the network, the master and the browser."""

import json

import pytest
from playwright.sync_api import Page, Route, expect

from scripts.local_cluster import LocalCluster
from tests.browser.actions import (
    BATCH_FILES,
    choose_files,
    current_job_id,
    open_finished_job,
    open_with_small_batches,
    reload_during_upload,
    send,
    send_and_hold_second_batch,
    text_files,
    upload_card,
)
from tests.browser.conftest import OpenPage
from tests.contract.jobs_api import finished
from tests.contract.programs import wait_until

SOON_MS = 15_000  # the page polls every five seconds


def test_reused_idempotency_key_is_not_an_error(page: Page, cluster: LocalCluster) -> None:
    """A file that changed after a first try, which the master accepted, is not sent again."""
    tries: list[Route] = []
    answers: list[int] = []

    def lose_response(route: Route) -> None:
        # A network error: the master accepts the first try, and its response is lost.
        tries.append(route)
        sent = route.request.post_data_buffer or b""
        if len(tries) == 1:
            answers.append(route.fetch().status)
            route.abort()
        else:
            answer = route.fetch(post_data=sent.replace(b"Note 1 is", b"Nute 1 is"))
            answers.append(answer.status)
            route.fulfill(response=answer)

    page.route("**/jobs/*/files", lose_response)
    choose_files(page, text_files(3))
    send(page)
    open_finished_job(page, "text")
    assert answers == [200, 422]  # 422: the key was used with another body
    assert finished(cluster.url, current_job_id(page))["total_files"] == 3


def test_retry_after_is_respected(open_page: OpenPage, cluster: LocalCluster) -> None:
    """A batch is sent again after Retry-After; the upload can be cancelled during that time."""
    page = open_page(cluster.url)
    page.clock.install()
    requests = []

    def refuse(route: Route) -> None:
        # Simulated: the test does not fill a disk.
        requests.append(route)
        body = json.dumps({"error": "The disk is full."})
        route.fulfill(status=507, body=body, headers={"Retry-After": "30"})

    page.route("**/jobs/*/files", refuse)
    choose_files(page, text_files(3))
    send(page)
    card = upload_card(page, "text")
    expect(card).to_contain_text("The disk is full. Retrying in 30 s.")
    page.clock.run_for(28_000)
    assert len(requests) == 1
    page.clock.run_for(4000)
    expect(card).to_contain_text("Retrying in 30 s.")
    assert wait_until(lambda: len(requests) == 2 or page.evaluate("false"))
    card.get_by_role("button", name="Cancel").click()
    expect(card).to_contain_text("Cancelled")


def test_upload_continues_after_a_restart_of_the_master(
    open_page: OpenPage, own_cluster: LocalCluster
) -> None:
    """An upload waits while the master is stopped, and continues after its restart."""
    master = own_cluster.start_master()
    page = open_with_small_batches(open_page, own_cluster.url)
    release = send_and_hold_second_batch(page, text_files(BATCH_FILES + 1))
    master.stop()
    release()
    expect(upload_card(page, "text")).to_contain_text("can't be reached", timeout=SOON_MS)
    own_cluster.start_master()
    own_cluster.start_slaves(1)
    open_finished_job(page, "text")
    assert finished(own_cluster.url, current_job_id(page))["done_files"] == 6


def test_truncated_response_is_retried(open_page: OpenPage, cluster: LocalCluster) -> None:
    """A truncated response is requested again, and the upload's record is kept."""
    page = open_with_small_batches(open_page, cluster.url)
    truncated: list[str] = []

    def truncate(route: Route) -> None:
        # A network error: a truncated response.
        if truncated:
            route.continue_()
        else:
            truncated.append(route.request.url)
            route.fulfill(body='{"job_id": "')

    page.route("**/jobs/*/start", truncate)
    choose_files(page, text_files(2))
    send(page)
    open_finished_job(page, "text")
    assert len(truncated) == 1
    page.goto(f"{cluster.url}/ui")
    send_and_hold_second_batch(page, text_files(BATCH_FILES + 1))
    truncated.clear()
    page.route("**/jobs/*?limit=0", truncate)
    reload_during_upload(page)
    expect(page.get_by_label("Interrupted upload")).to_be_visible(timeout=SOON_MS)
    assert len(truncated) == 1


STORAGE_ERRORS = {
    "full": "Storage.prototype.setItem = () => { throw new Error('QuotaExceededError'); };",
    "off": """
        Object.defineProperty(window, "localStorage", { get() { throw new Error("off"); } });
        window.BroadcastChannel = class { constructor() { throw new Error("off"); } };
    """,
}


@pytest.mark.parametrize("error", list(STORAGE_ERRORS))
def test_upload_works_without_browser_storage(
    open_page: OpenPage, cluster: LocalCluster, error: str
) -> None:
    """Files are sent even if the browser's storage is full or disabled."""
    page = open_page("about:blank")
    page.add_init_script(STORAGE_ERRORS[error])
    page.goto(cluster.url)
    choose_files(page, text_files(2))
    send(page)
    open_finished_job(page, "text")
    assert finished(cluster.url, current_job_id(page))["done_files"] == 2
