"""Files that can't be read any more are named, and the others are sent."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from scripts.local_cluster import LocalCluster
from tests.browser.actions import (
    BATCH_BYTES,
    choose_files,
    current_job_id,
    file_group,
    hold_requests,
    open_finished_job,
    open_with_small_batches,
    send,
    text_file,
    text_files,
    upload_card,
)
from tests.browser.conftest import OpenPage, Screenshot
from tests.contract.jobs_api import call, finished
from tests.contract.programs import wait_until


def test_removed_and_changed_files_are_skipped(
    open_page: OpenPage, cluster: LocalCluster, tmp_path: Path, screenshot: Screenshot
) -> None:
    """Files that were removed or changed after they were chosen are named; the others are sent."""
    page = open_page(cluster.url)
    files = [tmp_path / f"{n}.txt" for n in range(5)]
    for file in files:
        file.write_text("a good text")
    choose_files(page, files)
    expect(page.get_by_role("button", name="Send 5 files")).to_be_enabled()
    files[1].unlink()
    files[3].write_text("quite another text")
    # They are detected before anything is sent: some browsers would send empty files instead.
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    send(page)
    card = upload_card(page, "text")
    expect(card).to_contain_text("Skipped 2 files that can't be read any more")
    expect(card).to_contain_text("1.txt, 3.txt")
    screenshot(page, "gone")
    open_finished_job(page, "text")
    assert finished(cluster.url, current_job_id(page))["total_files"] == 3
    assert len([url for url in sent if url.endswith("/files")]) == 1


def test_truncated_file_is_skipped(
    open_page: OpenPage, cluster: LocalCluster, tmp_path: Path
) -> None:
    """A truncated file is named, even if the browser would send it."""
    page = open_page(cluster.url)
    files = [tmp_path / f"{n}.txt" for n in range(3)]
    for file in files:
        file.write_text("a good text " * 1000)
    choose_files(page, files)
    expect(page.get_by_role("button", name="Send 3 files")).to_be_enabled()
    # Browsers detect a changed file by its modification time, if at all.
    chosen = files[1].stat()
    os.truncate(files[1], chosen.st_size // 2)
    os.utime(files[1], ns=(chosen.st_atime_ns, chosen.st_mtime_ns))
    send(page)
    expect(upload_card(page, "text")).to_contain_text("Skipped 1 file that can't be read any more")
    open_finished_job(page, "text")
    assert finished(cluster.url, current_job_id(page))["total_files"] == 2


def test_retry_sends_the_same_content(
    open_page: OpenPage, cluster: LocalCluster, tmp_path: Path
) -> None:
    """A request that is sent again has the same content, even if the file has changed since."""
    page = open_page(cluster.url)
    file = tmp_path / "a.txt"
    file.write_text("a good text")
    choose_files(page, [file])
    held = hold_requests(page, "**/jobs/*/files")
    send(page)
    assert wait_until(lambda: held or page.evaluate("false"))
    file.write_text("quite another text")
    held[0].abort()
    page.unroute("**/jobs/*/files")
    open_finished_job(page, "text")
    sent = call(cluster.url, "GET", f"/jobs/{current_job_id(page)}/inputs/0", 200)
    assert sent.text == "a good text"


@pytest.mark.parametrize("detected", ["by the browser", "by the master"])
def test_removed_large_file_is_skipped(
    open_page: OpenPage, cluster: LocalCluster, tmp_path: Path, detected: str
) -> None:
    """A streamed file that is removed during its upload is named; the others are sent."""
    page = open_with_small_batches(open_page, cluster.url)
    files = [tmp_path / "large.txt", tmp_path / "small.txt"]
    files[0].write_text("a good text " * BATCH_BYTES)
    files[1].write_text("a good text")
    choose_files(page, files)
    held = hold_requests(page, "**/jobs/*/files")
    send(page)
    assert wait_until(lambda: held or page.evaluate("false"))
    files[0].unlink()
    if detected == "by the master":  # its answer where a browser stops sending
        held[0].fulfill(status=400, json={"error": "It comes too slowly."})
    page.unroute("**/jobs/*/files")  # which lets the others continue
    card = upload_card(page, "text")
    expect(card).to_contain_text("Skipped 1 file that can't be read any more")
    expect(card).to_contain_text("large.txt")
    open_finished_job(page, "text")
    assert finished(cluster.url, current_job_id(page))["done_files"] == 1


READ_ERRORS = """
window.hasReadError = () => false;
const Read = Response;
window.Response = class extends Read {
  constructor(body) {
    super(body);
    this.hasReadError = window.hasReadError(body);
  }
  arrayBuffer() {
    const error = new DOMException("bad", "NotReadableError");
    return this.hasReadError ? Promise.reject(error) : super.arrayBuffer();
  }
};
"""


def test_file_with_read_errors_is_skipped(page: Page, cluster: LocalCluster) -> None:
    """A file that can't be read to its end is named; the others are sent."""
    page.add_init_script(READ_ERRORS)
    page.reload()
    page.evaluate("() => { window.hasReadError = (blob) => blob.name === 'bad.txt'; }")
    choose_files(page, [*text_files(2), text_file("bad.txt", b"begins well")])
    send(page)
    card = upload_card(page, "text")
    expect(card).to_contain_text("Skipped 1 file that can't be read any more")
    expect(card).to_contain_text("bad.txt")
    open_finished_job(page, "text")
    assert finished(cluster.url, current_job_id(page))["done_files"] == 2


def test_no_file_is_skipped_if_nothing_can_be_read(page: Page, cluster: LocalCluster) -> None:
    """If no file can be read at all, as in WebKit while a page is closed, none is skipped."""
    page.add_init_script(READ_ERRORS)
    page.reload()
    choose_files(page, text_files(3))
    expect(page.get_by_role("button", name="Send 3 files")).to_be_enabled()
    page.evaluate("() => { window.hasReadError = () => true; }")
    send(page)
    expect(upload_card(page, "text")).to_contain_text("The page is being closed.")
    page.evaluate("() => { window.hasReadError = () => false; }")
    open_finished_job(page, "text")
    assert finished(cluster.url, current_job_id(page))["done_files"] == 3


def test_removed_empty_file_is_sent(
    open_page: OpenPage, cluster: LocalCluster, tmp_path: Path
) -> None:
    """A removed empty file can't be detected; it is sent as an empty file."""
    page = open_page(cluster.url)
    files = [tmp_path / "a.txt", tmp_path / "empty.txt"]
    files[0].write_text("a good text")
    files[1].write_text("")
    choose_files(page, files)
    file_group(page, "empty.txt").get_by_role("combobox").select_option("text")
    expect(page.get_by_role("button", name="Send 2 files")).to_be_enabled()
    files[1].unlink()
    send(page)
    open_finished_job(page, "text")
    ledger = finished(cluster.url, current_job_id(page))
    assert [file["code"] for file in ledger["files"]] == [None, "empty"]


def test_job_without_files_is_cancelled(
    open_page: OpenPage, cluster: LocalCluster, tmp_path: Path
) -> None:
    """If no file of an upload can be read, its job is cancelled."""
    page = open_page(cluster.url)
    file = tmp_path / "a.txt"
    file.write_text("a good text")
    choose_files(page, [file])
    expect(page.get_by_role("button", name="Send 1 file")).to_be_enabled()
    file.unlink()
    send(page)
    card = upload_card(page, "text")
    expect(card).to_contain_text("Cancelled: 0 files for text")
    expect(card).to_contain_text("Skipped 1 file that can't be read any more")
    assert call(cluster.url, "GET", "/jobs?limit=1", 200).json()["jobs"][0]["state"] == "cancelled"
