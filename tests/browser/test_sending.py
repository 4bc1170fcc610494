"""What was sent is watched to its end: progress, cancel, a slave that dies, failures, thousands."""

import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from scripts.local_cluster import LocalCluster
from tests.browser.acting import (
    DROP_MANY,
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
from tests.conftest import assign
from tests.contract.jobs_api import call, finished, job
from tests.contract.jobs_api import send as send_job
from tests.contract.programs import slow_text

Picture = Callable[[Page, str], Path]


def test_progress_is_shown_and_a_job_can_be_cancelled(
    open_page: Open, cluster: LocalCluster, picture: Picture
) -> None:
    """While files are processed the bar moves; Cancel stops the job, and its files say so."""
    page = open_page(cluster.url)
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
    page.emulate_media(color_scheme="dark")
    picture(page, "under-way-dark")
    # A person takes a while to press it, in which the page must leave it where it is.
    page.get_by_role("button", name="Cancel").click(delay=300)
    expect(page.get_by_role("status")).to_contain_text("Cancelled")
    expect(page.get_by_text("cancelled", exact=True).first).to_be_visible()
    assert job(cluster.url, shown_job(page))["state"] == "cancelled"


def test_without_websockets_the_job_is_asked_for(open_page: Open, cluster: LocalCluster) -> None:
    """Where a proxy lets no WebSocket through, a job is followed to its end all the same."""
    page = open_page("about:blank")
    page.route_web_socket("**/events", lambda socket: socket.close())
    page.goto(cluster.url)
    choose(page, [text("slow.txt", slow_text(6)), *texts(2)])
    send(page)
    watch_to_the_end(page, "text")
    expect(page.get_by_role("status")).to_contain_text("3 of 3 done")


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
    choose(page, [text(f"{n}.txt", slow_text(3)) for n in range(8)])
    send(page)
    card = upload_of(page, "text")
    expect(card).to_contain_text("Under way", timeout=30_000)
    own_cluster.slaves[0].process.send_signal(signal.SIGKILL)
    watch_to_the_end(page, "text")
    expect(page.get_by_role("status")).to_contain_text("8 of 8 done")
    page.get_by_role("link", name="Cluster").click()
    expect(page.locator(".state.missing")).to_contain_text("missing for")
    picture(page, "missing")


def test_failures_are_grouped_and_can_be_retried(page: Page, picture: Picture) -> None:
    """Each kind of failure says what to do; Retry makes a new job of the failed files."""
    empty = FilePayload(name="empty.png", mimeType="image/png", buffer=b"")
    broken = FilePayload(name="broken.png", mimeType="image/png", buffer=b"\x89PNG\r\n\x1a\nno")
    choose(page, [broken, empty])
    group(page, "empty").get_by_role("combobox").select_option("image")
    send(page)
    card = upload_of(page, "image")
    attention = card.get_by_label("Files that need attention")  # where it was sent already
    expect(attention).to_contain_text("2 files need attention", timeout=30_000)
    expect(attention.get_by_text("broken.png")).to_be_visible()
    picture(page, "failed upload")
    watch_to_the_end(page, "image")
    attention = page.get_by_label("Files that need attention")
    expect(attention).to_contain_text("2 files need attention")
    expect(attention.get_by_text("broken.png")).to_be_visible()
    expect(attention).to_contain_text("Damaged: open and save it again")
    picture(page, "failed")
    before = shown_job(page)
    page.get_by_role("button", name="Retry 2 failed files").click()
    page.wait_for_url(lambda url: before not in url)
    expect(page.get_by_role("heading", name="2 files for image")).to_be_visible()


@pytest.mark.parametrize("is_left", [False, True], ids=["shown", "left"])
def test_failures_are_all_told_when_the_job_is_over(
    open_page: Open, own_cluster: LocalCluster, is_left: bool
) -> None:
    """The end that comes right behind the last failure has it drawn at once.

    Once the view is left, nothing is asked for any more.
    """
    own_cluster.start_master()
    own_cluster.start_slaves(1)
    page = open_page("about:blank")
    page.clock.install(time=0)
    files = [("a.txt", b""), ("slow.txt", slow_text(12)), ("b.txt", b"")]
    job_id = send_job(own_cluster.url, "text", files)
    page.goto(f"{own_cluster.url}/ui#/jobs/{job_id}")
    card = page.get_by_label("Files that need attention")
    expect(card).to_contain_text("1 file needs attention")
    expect(card).to_contain_text("a.txt")  # the last of what is asked for
    # From here on, nothing is done that the page does after a rest.
    page.clock.pause_at(page.evaluate("Date.now()") + 100)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    if is_left:
        page.get_by_role("link", name="Cluster").click()
        expect(page.get_by_role("heading", name="Cluster", exact=True)).to_be_visible()
        finished(own_cluster.url, job_id)
        page.clock.run_for(20_000)
        assert not [url for url in asked if "failures" in url or "code=" in url]
        return
    expect(page.get_by_role("region", name="Progress")).to_contain_text("Finished")
    page.clock.run_for(1000)  # much less than until the next turn
    expect(card).to_contain_text("2 files need attention")
    expect(card).to_contain_text("b.txt")


def test_kinds_of_failure_are_those_of_all_files(
    open_page: Open, cluster: LocalCluster, picture: Picture
) -> None:
    """Hundreds of failures are counted by kind, and named a hundred at a time."""
    empty = [(f"empty {n}.png", b"") for n in range(230)]
    job_id = assign(cluster, "image", [*empty, ("last.png", b"\x89PNG\r\n\x1a\nno")])["job_id"]
    page = open_page(f"{cluster.url}/ui#/jobs/{job_id}")
    attention = page.get_by_label("Files that need attention")
    expect(attention).to_contain_text("231 files need attention")
    expect(attention.locator("summary").first).to_contain_text("empty 230 files")
    expect(attention.locator("summary").last).to_contain_text("corrupt 1 file")
    expect(attention.get_by_text("last.png")).to_be_visible()
    attention.locator("summary").first.click()
    names = attention.locator("details").first.get_by_role("listitem")
    expect(names).to_have_count(100)
    picture(page, "many")
    attention.get_by_role("button", name="Show more").click()
    expect(names).to_have_count(200)
    attention.get_by_role("button", name="Show more").click()
    expect(names).to_have_count(230)
    expect(attention.get_by_role("button", name="Show more")).to_have_count(0)


def test_thousands_of_files_are_a_short_list(page: Page, picture: Picture) -> None:
    """Of 2,000 files that are sent, those in sight are drawn, wherever the list is scrolled to."""
    page.locator(".drop").evaluate(DROP_MANY, 2000)
    page.get_by_role("button", name="Send 2,000 files").click()
    watch_to_the_end(page, "text")
    expect(page.get_by_role("status")).to_contain_text("2,000 of 2,000 done")
    expect(page.locator(".row", has_text="note 0.txt")).to_be_visible()
    assert page.locator(".row").count() < 60
    page.locator(".rows-frame").evaluate("frame => { frame.scrollTop = frame.scrollHeight; }")
    last = page.locator(".row", has_text="note 1999.txt")
    expect(last).to_be_visible()
    expect(last.locator(".state")).to_have_text("done")
    assert page.locator(".row").count() < 60
    picture(page, "end")


def test_job_is_cancelled_from_its_upload(page: Page, cluster: LocalCluster) -> None:
    """While what was sent is processed, Cancel on its card ends the job."""
    choose(page, [text(f"slow {n}.txt", slow_text(20)) for n in range(3)])
    send(page)
    card = upload_of(page, "text")
    expect(card).to_contain_text("Under way")
    card.get_by_role("button", name="Cancel").click()
    expect(card).to_contain_text("Cancelled after 0 files")
    expect(card.get_by_role("button", name="Cancel")).to_have_count(0)
    newest = call(cluster.url, "GET", "/jobs?limit=1", 200).json()["jobs"][0]
    assert newest["state"] == "cancelled"
