"""Files that can't be read any more after they were chosen are named, and stop nothing."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from scripts.local_cluster import LocalCluster
from tests.browser.acting import (
    choose,
    group,
    hold_all,
    send,
    shown_job,
    text,
    texts,
    upload_of,
    watch_to_the_end,
)
from tests.browser.conftest import Open
from tests.contract.jobs_api import call, finished
from tests.contract.programs import wait_until

Picture = Callable[[Page, str], Path]


def test_files_that_are_gone_stop_nothing(
    open_page: Open, cluster: LocalCluster, tmp_path: Path, picture: Picture
) -> None:
    """A file removed or changed after it was chosen is named; the others are sent."""
    page = open_page(cluster.url)
    files = [tmp_path / f"{n}.txt" for n in range(5)]
    for file in files:
        file.write_text("a good text")
    choose(page, files)
    expect(page.get_by_role("button", name="Send 5 files")).to_be_enabled()
    files[1].unlink()
    files[3].write_text("quite another text")
    # They are found out before anything is sent: some browsers would send them as empty ones.
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    send(page)
    card = upload_of(page, "text")
    expect(card).to_contain_text("2 files can't be read any more")
    expect(card).to_contain_text("1.txt, 3.txt")
    picture(page, "gone")
    watch_to_the_end(page, "text")
    assert finished(cluster.url, shown_job(page))["total_files"] == 3
    assert len([url for url in sent if url.endswith("/files")]) == 1


def test_file_that_was_cut_off_is_not_sent(
    open_page: Open, cluster: LocalCluster, tmp_path: Path
) -> None:
    """A file that is shorter than it was is named, even where the browser would send it so."""
    page = open_page(cluster.url)
    files = [tmp_path / f"{n}.txt" for n in range(3)]
    for file in files:
        file.write_text("a good text " * 1000)
    choose(page, files)
    expect(page.get_by_role("button", name="Send 3 files")).to_be_enabled()
    # A browser knows a changed file by its time, if at all.
    chosen = files[1].stat()
    os.truncate(files[1], chosen.st_size // 2)
    os.utime(files[1], ns=(chosen.st_atime_ns, chosen.st_mtime_ns))
    send(page)
    expect(upload_of(page, "text")).to_contain_text("1 file can't be read any more")
    watch_to_the_end(page, "text")
    assert finished(cluster.url, shown_job(page))["total_files"] == 2


def test_file_that_changes_between_two_tries_is_sent_as_it_was(
    open_page: Open, cluster: LocalCluster, tmp_path: Path
) -> None:
    """What was read is held until it has arrived: one request has one content, however often."""
    page = open_page(cluster.url)
    file = tmp_path / "a.txt"
    file.write_text("a good text")
    choose(page, [file])
    held = hold_all(page, "**/jobs/*/files")
    send(page)
    assert wait_until(lambda: held or page.evaluate("false"))
    file.write_text("quite another text")
    held[0].abort()
    page.unroute("**/jobs/*/files")
    watch_to_the_end(page, "text")
    sent = call(cluster.url, "GET", f"/jobs/{shown_job(page)}/inputs/0", 200)
    assert sent.text == "a good text"


LARGE_BYTES = 65 * 1024 * 1024


@pytest.mark.parametrize("told", ["by the browser", "by the master"])
def test_large_file_that_breaks_off_is_named(
    open_page: Open, cluster: LocalCluster, tmp_path: Path, told: str
) -> None:
    """A file that is too large to be held, and goes while it is sent, stops nothing either."""
    page = open_page(cluster.url)
    files = [tmp_path / "large.txt", tmp_path / "small.txt"]
    files[0].write_text("a good text " * (LARGE_BYTES // 12))
    files[1].write_text("a good text")
    choose(page, files)
    held = hold_all(page, "**/jobs/*/files")
    send(page)
    assert wait_until(lambda: held or page.evaluate("false"))
    files[0].unlink()
    if told == "by the master":  # which waits for the rest in vain, where the browser waits as well
        held[0].fulfill(status=400, json={"error": "It comes too slowly."})
    page.unroute("**/jobs/*/files")  # which lets the others go
    card = upload_of(page, "text")
    expect(card).to_contain_text("1 file can't be read any more", timeout=30_000)
    expect(card).to_contain_text("large.txt")
    watch_to_the_end(page, "text")
    assert finished(cluster.url, shown_job(page))["done_files"] == 1


BAD_READS = """
window.isBad = () => false;
const Read = Response;
window.Response = class extends Read {
  constructor(body) {
    super(body);
    this.isBad = window.isBad(body);
  }
  arrayBuffer() {
    const error = new DOMException("bad", "NotReadableError");
    return this.isBad ? Promise.reject(error) : super.arrayBuffer();
  }
};
"""


def test_file_on_a_bad_disk_stops_nothing(page: Page, cluster: LocalCluster) -> None:
    """A file that begins well and can't be read to its end is named, and the others are sent."""
    page.add_init_script(BAD_READS)
    page.reload()
    page.evaluate("() => { window.isBad = (blob) => blob.name === 'bad.txt'; }")
    choose(page, [*texts(2), text("bad.txt", b"begins well")])
    send(page)
    card = upload_of(page, "text")
    expect(card).to_contain_text("1 file can't be read any more")
    expect(card).to_contain_text("bad.txt")
    watch_to_the_end(page, "text")
    assert finished(cluster.url, shown_job(page))["done_files"] == 2


def test_page_that_is_being_left_loses_no_file(page: Page, cluster: LocalCluster) -> None:
    """Where nothing at all can be read, as while WebKit leaves a page, no file is left out."""
    page.add_init_script(BAD_READS)
    page.reload()
    choose(page, texts(3))
    expect(page.get_by_role("button", name="Send 3 files")).to_be_enabled()
    page.evaluate("() => { window.isBad = () => true; }")
    send(page)
    expect(upload_of(page, "text")).to_contain_text("The page is being left.")
    page.evaluate("() => { window.isBad = () => false; }")
    watch_to_the_end(page, "text")
    assert finished(cluster.url, shown_job(page))["done_files"] == 3


def test_empty_file_that_is_gone_stops_nothing(
    open_page: Open, cluster: LocalCluster, tmp_path: Path
) -> None:
    """Nothing can be told of a removed file that was empty, and nothing is lost with it."""
    page = open_page(cluster.url)
    files = [tmp_path / "a.txt", tmp_path / "empty.txt"]
    files[0].write_text("a good text")
    files[1].write_text("")
    choose(page, files)
    group(page, "empty.txt").get_by_role("combobox").select_option("text")
    expect(page.get_by_role("button", name="Send 2 files")).to_be_enabled()
    files[1].unlink()
    send(page)
    watch_to_the_end(page, "text")
    ledger = finished(cluster.url, shown_job(page))
    assert [file["code"] for file in ledger["files"]] == [None, "empty"]


def test_when_all_files_are_gone_the_job_is_given_up(
    open_page: Open, cluster: LocalCluster, tmp_path: Path
) -> None:
    """An upload of which nothing is left to send ends, and leaves no open job behind."""
    page = open_page(cluster.url)
    file = tmp_path / "a.txt"
    file.write_text("a good text")
    choose(page, [file])
    expect(page.get_by_role("button", name="Send 1 file")).to_be_enabled()
    file.unlink()
    send(page)
    card = upload_of(page, "text")
    expect(card).to_contain_text("Stopped: 0 files for text")
    expect(card).to_contain_text("1 file can't be read any more")
    assert call(cluster.url, "GET", "/jobs?limit=1", 200).json()["jobs"][0]["state"] == "cancelled"
