"""Files go in through the page: dropped, picked, sorted by what they are, sent, watched."""

import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from scripts.local_cluster import LocalCluster
from tests.browser.acting import (
    FOLDER,
    choose,
    drop,
    send,
    text,
    texts,
    upload_of,
    watch_to_the_end,
)
from tests.browser.conftest import Open
from tests.contract.jobs_api import call, finished, job
from tests.contract.programs import slow_text, wait_until

Picture = Callable[[Page, str], Path]


def shown_job(page: Page) -> str:
    """Return the id of the job that is looked at."""
    found = re.search(r"#/jobs/(\w+)", page.url)
    assert found
    return found[1]


def test_dropped_files_are_sorted_and_sent(page: Page, picture: Picture) -> None:
    """What is dropped is proposed to the type that it is for, and goes there."""
    drop(page, [("a.txt", "a good text"), ("b.txt", "a bad text"), ("c.bin", "\0\1\2\3")])
    group = page.locator(".group", has_text="2 files")
    expect(group.get_by_role("combobox")).to_have_value("text")
    expect(page.locator(".group", has_text="no kind that is known")).to_be_visible()
    picture(page, "chosen")
    send(page)
    watch_to_the_end(page, "text")
    expect(page.get_by_role("status")).to_contain_text("2 of 2 done")
    picture(page, "done")


def test_proposed_type_can_be_changed(page: Page) -> None:
    """Texts go to embedding where the user says so, and whole groups can be left out."""
    choose(page, texts(3))
    page.get_by_role("combobox").select_option("embedding")
    send(page)
    watch_to_the_end(page, "embedding")
    page.goto(page.url.partition("#")[0])
    choose(page, texts(1))
    page.get_by_role("combobox").select_option("")
    expect(page.get_by_role("button", name="Send 0 files")).to_have_class(re.compile("off"))


def test_folder_goes_in_whole(page: Page, tmp_path: Path) -> None:
    """A folder is taken with what is in its folders; the ledger has each path."""
    for name in ("top.txt", "below/one.txt", "below/two.txt"):
        (tmp_path / "notes" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "notes" / name).write_text(f"the text of {name}")
    page.locator(FOLDER).set_input_files(tmp_path / "notes")
    send(page)
    watch_to_the_end(page, "text")
    expect(page.locator("a.row")).to_have_count(3)
    expect(page.locator("a.row", has_text="notes/below/one.txt")).to_be_visible()


@pytest.mark.parametrize("look", ["light", "dark"])
def test_progress_is_shown_and_a_job_can_be_cancelled(
    open_page: Open, cluster: LocalCluster, picture: Picture, look: str
) -> None:
    """While files are processed the bar moves; Cancel stops the job, and its files say so."""
    page = open_page(cluster.url, dark=look == "dark")
    slow = [text(f"slow {n}.txt", slow_text(12)) for n in range(4)]
    choose(page, [*texts(20), *slow])
    send(page)
    card = upload_of(page, "text")
    expect(card.get_by_role("progressbar")).to_have_attribute("aria-valuemax", "24")
    some = re.compile("^(1?[1-9]|10|2[0-3])$")
    expect(card.get_by_role("progressbar")).to_have_attribute("aria-valuenow", some)
    card.get_by_role("link", name="Watch the job").click()
    expect(page.get_by_role("status")).to_contain_text("Under way")
    picture(page, "under-way")
    # A person takes a while to press it, in which the page must leave it where it is.
    page.get_by_role("button", name="Cancel").click(delay=300)
    expect(page.get_by_role("status")).to_contain_text("Cancelled")
    expect(page.get_by_text("cancelled", exact=True).first).to_be_visible()
    assert job(cluster.url, shown_job(page))["state"] == "cancelled"


def break_off(page: Page, files: list[FilePayload]) -> None:
    """Send more files than go into one request, and reload the page while the second is sent."""
    sent = []

    def hold_the_second(route: Route) -> None:
        sent.append(route)
        if len(sent) < 2:
            route.continue_()

    page.route("**/jobs/*/files", hold_the_second)
    choose(page, files)
    send(page)
    expect(page.locator(".card", has_text="Sending")).to_be_visible()
    assert wait_until(lambda: len(sent) == 2 or page.title() == "")  # which lets the page go on
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.unroute("**/jobs/*/files")


def test_reload_in_the_middle_loses_nothing(
    open_page: Open, cluster: LocalCluster, picture: Picture
) -> None:
    """After a reload the upload is gone on with: the same files again, and none is sent twice."""
    page = open_page(cluster.url)
    files = texts(700)
    break_off(page, files)
    card = page.get_by_label("Interrupted upload")
    expect(card).to_contain_text("700 files of type text")
    picture(page, "interrupted")
    with page.expect_file_chooser() as chooser:
        card.get_by_role("button", name="Choose the files again").click()
    chooser.value.set_files(files)
    send(page)
    watch_to_the_end(page, "text")
    ledger = finished(cluster.url, shown_job(page))
    assert sorted(file["filename"] for file in ledger["files"]) == sorted(f["name"] for f in files)
    page.goto(cluster.url)
    expect(page.locator(".drop")).to_be_visible()
    expect(card).to_have_count(0)


def test_other_files_do_not_end_an_interrupted_upload(
    open_page: Open, cluster: LocalCluster
) -> None:
    """Choosing other files than those of the upload is told, and starts nothing."""
    page = open_page(cluster.url)
    break_off(page, texts(600))
    card = page.get_by_label("Interrupted upload").first
    with page.expect_file_chooser() as chooser:
        card.get_by_role("button", name="Choose the files again").click()
    chooser.value.set_files([text("another.txt", b"another text")])
    send(page)
    expect(upload_of(page, "text")).to_contain_text("not the files of the upload")
    page.reload()
    page.get_by_label("Interrupted upload").first.get_by_role("button", name="Forget it").click()
    expect(page.get_by_label("Interrupted upload")).to_have_count(0)
    assert call(cluster.url, "GET", "/jobs", 200).json()["jobs"][0]["state"] == "cancelled"


def test_slave_killed_in_the_middle(
    open_page: Open, own_cluster: LocalCluster, picture: Picture
) -> None:
    """A PC that goes dark costs no file; the page shows who is missing."""
    own_cluster.settings = {
        **own_cluster.settings,
        "SLAVE_TIMEOUT": "5",
        "HEARTBEAT_INTERVAL": "0.5",
    }
    own_cluster.start_master()
    own_cluster.start_slaves(2)
    page = open_page(own_cluster.url)
    choose(page, [text(f"{n}.txt", slow_text(4)) for n in range(12)])
    send(page)
    card = upload_of(page, "text")
    expect(card).to_contain_text("Under way", timeout=30_000)
    own_cluster.slaves[0].process.send_signal(signal.SIGKILL)
    watch_to_the_end(page, "text")
    expect(page.get_by_role("status")).to_contain_text("12 of 12 done")
    page.get_by_role("link", name="Cluster").click()
    expect(page.locator(".state.missing")).to_contain_text("missing for")
    picture(page, "missing")


def test_too_large_is_told_before_it_is_sent(open_page: Open, own_cluster: LocalCluster) -> None:
    """A file over the limit is left out with the reason, and no byte of it goes out."""
    own_cluster.start_master(MAX_FILE_SIZE="1000")
    page = open_page(own_cluster.url)
    choose(page, [text("large.txt", b"x" * 2000), *texts(1)])
    group = page.locator(".group", has_text="over the limit")
    expect(group).to_contain_text("1 file over the limit of 1 kB")
    group.get_by_role("combobox").select_option("text")
    expect(group).to_be_visible()
    expect(page.get_by_role("button", name="Send 1 file")).to_be_visible()


def test_failures_are_grouped_and_can_be_retried(page: Page, picture: Picture) -> None:
    """Each kind of failure says what to do; Retry makes a new job of the failed files."""
    empty = FilePayload(name="empty.png", mimeType="image/png", buffer=b"")
    broken = FilePayload(name="broken.png", mimeType="image/png", buffer=b"\x89PNG\r\n\x1a\nno")
    choose(page, [broken, empty])
    page.locator(".group", has_text="empty file").get_by_role("combobox").select_option("image")
    send(page)
    watch_to_the_end(page, "image")
    attention = page.get_by_label("Files that need attention")
    expect(attention).to_contain_text("2 files need attention")
    expect(attention.get_by_text("broken.png")).to_be_visible()
    expect(attention).to_contain_text("Damaged: open and save them again")
    picture(page, "failed")
    before = shown_job(page)
    page.get_by_role("button", name="Retry 2 failed files").click()
    page.wait_for_url(lambda url: before not in url)
    expect(page.get_by_role("heading", name="2 files for image")).to_be_visible()
