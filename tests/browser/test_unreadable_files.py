"""Files that can't be read any more after they were chosen are named, and stop nothing."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from scripts.local_cluster import LocalCluster
from tests.browser.acting import (
    choose,
    group,
    send,
    shown_job,
    text,
    texts,
    upload_of,
    watch_to_the_end,
)
from tests.browser.conftest import Open
from tests.contract.jobs_api import call, finished

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


LEFT_PAGE = """
const read = Blob.prototype.arrayBuffer;
window.isLeft = false;
Blob.prototype.arrayBuffer = function () {
  if (window.isLeft) return Promise.reject(new DOMException("left", "NotReadableError"));
  return read.call(this);
};
"""
"""WebKit reads nothing any more from when a page begins to be left until it is gone."""


def test_page_that_is_being_left_loses_no_file(page: Page, cluster: LocalCluster) -> None:
    """Where nothing at all can be read, the files are not to blame: none is left out."""
    page.add_init_script(LEFT_PAGE)
    page.reload()
    broken_off: list[Route] = []

    def break_off(route: Route) -> None:
        if not broken_off:
            broken_off.append(route)
            page.evaluate("window.isLeft = true")
            route.abort()
        else:
            route.continue_()

    page.route("**/jobs/*/files", break_off)
    choose(page, texts(3))
    send(page)
    card = upload_of(page, "text")
    expect(card).to_contain_text("The page is being left.")
    page.evaluate("window.isLeft = false")
    watch_to_the_end(page, "text")
    assert finished(cluster.url, shown_job(page))["done_files"] == 3


BAD_DISK = """
File.prototype.stream = function () {
  if (this.name !== "bad.txt") return Blob.prototype.stream.call(this);
  const fail = (control) => control.error(new DOMException("bad sector", "NotReadableError"));
  return new ReadableStream({ pull: fail });
};
"""


def test_file_that_breaks_in_its_middle_stops_nothing(page: Page, cluster: LocalCluster) -> None:
    """A file that begins well and can't be read to its end, as on a bad disk, is named."""
    page.add_init_script(BAD_DISK)
    page.reload()

    def break_off(route: Route) -> None:
        if b"bad.txt" in (route.request.post_data_buffer or b""):
            route.abort()
        else:
            route.continue_()

    page.route("**/jobs/*/files", break_off)
    choose(page, [*texts(2), text("bad.txt", b"begins well")])
    send(page)
    card = upload_of(page, "text")
    expect(card).to_contain_text("1 file can't be read any more")
    expect(card).to_contain_text("bad.txt")
    watch_to_the_end(page, "text")
    assert finished(cluster.url, shown_job(page))["done_files"] == 2


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
