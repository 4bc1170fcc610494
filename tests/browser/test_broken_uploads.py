"""Uploads that break off lose nothing: reloads, other tabs, refusals."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from scripts.local_cluster import LocalCluster
from tests.browser.acting import (
    choose,
    drop_folder,
    hold,
    hold_all,
    reload,
    send,
    shown_job,
    text,
    texts,
    upload_of,
    watch_to_the_end,
)
from tests.browser.conftest import Open
from tests.contract.jobs_api import call, finished
from tests.contract.programs import slow_text, wait_until

Picture = Callable[[Page, str], Path]
SOON_MS = 15_000  # it is looked for every five seconds


def test_reload_in_the_middle_loses_nothing(
    open_page: Open, cluster: LocalCluster, picture: Picture
) -> None:
    """After a reload the upload is gone on with: the same files again, and none is sent twice."""
    page = open_page(cluster.url)
    odd = [text(name, b"a good text") for name in ("a%22b.txt", 'a"b.txt', "é %0A.txt")]
    files = [*odd, *texts(700)]
    hold(page, files)
    reload(page)
    card = page.get_by_label("Interrupted upload")
    expect(card).to_contain_text("Of 703 files for text, 500 have arrived")
    picture(page, "interrupted")
    with page.expect_file_chooser() as chooser:
        card.get_by_role("button", name="Choose files").click()
    chooser.value.set_files(files)
    expect(card).to_have_count(0)
    watch_to_the_end(page, "text")
    ledger = finished(cluster.url, shown_job(page))
    assert ledger["total_files"] == 703
    assert len({file["filename"] for file in ledger["files"]}) == 702  # browsers write %22 for "
    page.goto(cluster.url)
    expect(page.locator(".drop")).to_be_visible()
    expect(card).to_have_count(0)


def test_dropped_folder_is_gone_on_with(
    open_page: Open, cluster: LocalCluster, tmp_path: Path
) -> None:
    """A folder that is dropped on the card again is sent to its end, though it holds more."""
    page = open_page(cluster.url)
    folder = tmp_path / "heap"
    folder.mkdir()
    for number in range(520):
        (folder / f"{number}.txt").write_text(f"note {number} is good")
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    drop_folder(page, page.locator(".drop"), folder)
    expect(page.get_by_role("button", name="Send 521 files")).to_be_visible()
    page.locator(".group", has_text="picture.png").get_by_role("combobox").select_option("")
    page.route("**/jobs/*/start", lambda _route: None)
    send(page)
    expect(page.get_by_text("8.2 kB of 8.2 kB sent")).to_be_visible()
    reload(page)
    page.unroute("**/jobs/*/start")
    card = page.get_by_label("Interrupted upload")
    expect(card).to_contain_text("520 have arrived")
    drop_folder(page, card, folder)
    watch_to_the_end(page, "text")
    assert finished(cluster.url, shown_job(page))["total_files"] == 520


def test_other_files_do_not_end_an_interrupted_upload(
    open_page: Open, cluster: LocalCluster
) -> None:
    """Choosing other files, or not all, is told, and starts nothing."""
    page = open_page(cluster.url)
    hold(page, texts(600))
    reload(page)
    card = page.get_by_label("Interrupted upload")
    with page.expect_file_chooser() as chooser:
        card.get_by_role("button", name="Choose files").click()
    chooser.value.set_files(texts(599))
    expect(card).to_contain_text("Of its files, 599 of 600 are among these")
    card.get_by_role("button", name="Forget it").click()
    expect(card).to_have_count(0)
    assert call(cluster.url, "GET", "/jobs", 200).json()["jobs"][0]["state"] == "cancelled"


def test_key_that_came_with_another_request_stops_nothing(
    page: Page, cluster: LocalCluster
) -> None:
    """A file that changed between two tries, of which the first arrived, is not sent again."""
    tries: list[Route] = []
    answers: list[int] = []

    def lose_the_answer(route: Route) -> None:
        # A network fault: the master takes the first try, and its answer is lost.
        tries.append(route)
        sent = route.request.post_data_buffer or b""
        if len(tries) == 1:
            answers.append(route.fetch().status)
            route.abort()
        else:
            answer = route.fetch(post_data=sent.replace(b"Note 1 is", b"Nute 1 is"))
            answers.append(answer.status)
            route.fulfill(response=answer)

    page.route("**/jobs/*/files", lose_the_answer)
    choose(page, texts(3))
    send(page)
    watch_to_the_end(page, "text")
    assert answers == [200, 422]  # so says the master of a key that came with other files
    assert finished(cluster.url, shown_job(page))["total_files"] == 3


COMPOSING = """
const append = FormData.prototype.append;
FormData.prototype.append = function (field, value, name) {
  append.call(this, field, value, name.normalize("NFC"));
};
"""
"""So does WebKit, while a file's own name stays as the disk has it: decomposed, on a Mac."""


def test_composed_names_are_known_again(page: Page, cluster: LocalCluster) -> None:
    """A file whose name the browser sent in another spelling is not sent again."""
    page.add_init_script(COMPOSING)
    page.reload()
    files = [text(f"Gru\u0308\u00dfe {n}.txt", b"a good text") for n in range(600)]
    hold(page, files)
    reload(page)
    card = page.get_by_label("Interrupted upload")
    card.locator("input[type=file]:not([webkitdirectory])").set_input_files(files)
    watch_to_the_end(page, "text")
    assert finished(cluster.url, shown_job(page))["total_files"] == 600


def test_upload_of_another_tab_is_not_interrupted(open_page: Open, cluster: LocalCluster) -> None:
    """What one tab sends is no broken upload for another, until the first is closed."""
    page = open_page(cluster.url)
    let_go = hold(page, texts(600))
    other = page.context.new_page()
    other.goto(cluster.url)
    # With its second look, what the first one found has long been drawn.
    other.wait_for_event("response", lambda answer: answer.url.endswith("/check_status"))
    assert other.get_by_label("Interrupted upload").count() == 0
    let_go()
    watch_to_the_end(page, "text")
    hold(page_at_start(page, cluster), texts(600))
    page.close()
    expect(other.get_by_label("Interrupted upload")).to_be_visible(timeout=SOON_MS)


def page_at_start(page: Page, cluster: LocalCluster) -> Page:
    """Return the page as it opens."""
    page.goto(cluster.url)
    return page


def test_failed_upload_is_tried_again(
    open_page: Open, cluster: LocalCluster, picture: Picture
) -> None:
    """A job that was cancelled under an upload ends it with the reason; again it is a new job."""
    page = open_page(cluster.url)
    let_go = hold(page, texts(600))
    job_id = call(cluster.url, "GET", "/jobs?limit=1", 200).json()["jobs"][0]["job_id"]
    call(cluster.url, "DELETE", f"/jobs/{job_id}", 200)
    let_go()
    card = upload_of(page, "text")
    expect(card).to_contain_text("Not sent: 600 files for text")
    expect(card).to_contain_text("cancelled and takes no more files")
    picture(page, "failed")
    card.get_by_role("button", name="Try again").click()
    watch_to_the_end(page, "text")
    assert shown_job(page) != job_id
    assert finished(cluster.url, shown_job(page))["done_files"] == 600


def test_refused_upload_is_given_up(open_page: Open, cluster: LocalCluster) -> None:
    """What is refused for good leaves no open job behind once it is given up."""
    page = open_page(cluster.url)
    # A master that refuses; the page itself sends nothing that is over a limit it was told.
    refusal = {"error": "Too large: send it in parts."}
    page.route("**/jobs/*/files", lambda route: route.fulfill(status=413, json=refusal))
    choose(page, texts(3))
    send(page)
    card = upload_of(page, "text")
    expect(card).to_contain_text("Too large: send it in parts.")
    card.get_by_role("button", name="Give up").click()
    expect(card).to_contain_text("Stopped")
    assert call(cluster.url, "GET", "/jobs?limit=1", 200).json()["jobs"][0]["state"] == "cancelled"
    assert page.evaluate("localStorage.length") == 0


def test_full_master_is_asked_again_when_it_says(open_page: Open, cluster: LocalCluster) -> None:
    """A batch that finds no room is sent again when Retry-After says; the wait can be cancelled."""
    page = open_page(cluster.url)
    page.clock.install()
    asked = []

    def refuse(route: Route) -> None:
        # A master that refuses: no disk is filled for this.
        asked.append(route)
        body = json.dumps({"error": "The disk is full."})
        route.fulfill(status=507, body=body, headers={"Retry-After": "30"})

    page.route("**/jobs/*/files", refuse)
    choose(page, texts(3))
    send(page)
    card = upload_of(page, "text")
    expect(card).to_contain_text("The disk is full. Trying again in 30 s.")
    page.clock.run_for(28_000)
    assert len(asked) == 1
    page.clock.run_for(4000)
    expect(card).to_contain_text("Trying again in 30 s.")
    assert wait_until(lambda: len(asked) == 2 or page.evaluate("false"))
    card.get_by_role("button", name="Cancel").click()
    expect(card).to_contain_text("Stopped")


def test_master_that_restarts_under_an_upload(open_page: Open, own_cluster: LocalCluster) -> None:
    """An upload waits for a master that is away, and goes on when it is back."""
    master = own_cluster.start_master()
    page = open_page(own_cluster.url)
    let_go = hold(page, texts(600))
    master.stop()
    let_go()
    expect(upload_of(page, "text")).to_contain_text("can't be reached", timeout=SOON_MS)
    own_cluster.start_master()
    own_cluster.start_slaves(1)
    watch_to_the_end(page, "text")
    assert finished(own_cluster.url, shown_job(page))["done_files"] == 600


STORAGE_TROUBLES = {
    "full": "Storage.prototype.setItem = () => { throw new Error('QuotaExceededError'); };",
    "off": """
        Object.defineProperty(window, "localStorage", { get() { throw new Error("off"); } });
        window.BroadcastChannel = class { constructor() { throw new Error("off"); } };
    """,
}


@pytest.mark.parametrize("trouble", list(STORAGE_TROUBLES))
def test_browser_that_keeps_nothing(open_page: Open, cluster: LocalCluster, trouble: str) -> None:
    """Where the browser's storage is full or off, files are sent all the same."""
    page = open_page("about:blank")
    page.add_init_script(STORAGE_TROUBLES[trouble])
    page.goto(cluster.url)
    choose(page, texts(2))
    send(page)
    watch_to_the_end(page, "text")
    assert finished(cluster.url, shown_job(page))["done_files"] == 2


def test_answer_that_breaks_off_is_asked_for_again(open_page: Open, cluster: LocalCluster) -> None:
    """Half an answer is none: the call is made again, and nothing is forgotten meanwhile."""
    page = open_page(cluster.url)
    cut: list[str] = []

    def cut_off(route: Route) -> None:
        # A network fault: an answer that ends in its middle.
        if cut:
            route.continue_()
        else:
            cut.append(route.request.url)
            route.fulfill(body='{"job_id": "')

    page.route("**/jobs/*/start", cut_off)
    choose(page, texts(2))
    send(page)
    watch_to_the_end(page, "text")
    assert len(cut) == 1
    page.goto(f"{cluster.url}/ui")
    hold(page, texts(600))
    cut.clear()
    page.route("**/jobs/*?limit=0", cut_off)
    reload(page)
    expect(page.get_by_label("Interrupted upload")).to_be_visible(timeout=SOON_MS)
    assert len(cut) == 1


def test_cancel_that_is_refused_can_be_repeated(open_page: Open, cluster: LocalCluster) -> None:
    """Where the job can't be cancelled now, the upload says so and keeps a button for it."""
    page = open_page(cluster.url)
    hold(page, texts(600))

    def refuse(route: Route) -> None:
        # A master that refuses: no disk is filled for this.
        if route.request.method == "DELETE":
            route.fulfill(status=507, json={"error": "The ledger is full."})
        else:
            route.continue_()

    page.route("**/jobs/*", refuse)
    card = upload_of(page, "text")
    card.get_by_role("button", name="Cancel").click()
    expect(card).to_contain_text("The ledger is full.")
    page.unroute("**/jobs/*")
    card.get_by_role("button", name="Give up").click()
    expect(card).to_contain_text("Stopped")
    assert call(cluster.url, "GET", "/jobs?limit=1", 200).json()["jobs"][0]["state"] == "cancelled"


def test_reload_while_files_are_processed(open_page: Open, cluster: LocalCluster) -> None:
    """What was sent whole is still watched after a reload, until it is over."""
    page = open_page(cluster.url)
    choose(page, [text(f"slow {n}.txt", slow_text(40)) for n in range(2)])
    send(page)
    expect(upload_of(page, "text")).to_contain_text("Sent: 2 files for text")
    page.reload()
    expect(upload_of(page, "text")).to_contain_text("Sent: 2 files for text")
    job_id = call(cluster.url, "GET", "/jobs?limit=1", 200).json()["jobs"][0]["job_id"]
    call(cluster.url, "DELETE", f"/jobs/{job_id}", 200)  # sooner over than by its files
    watch_to_the_end(page, "text")
    page.goto(f"{cluster.url}/ui")
    assert wait_until(lambda: page.evaluate("localStorage.length === 0"))


def test_what_arrived_whole_only_has_to_be_started(open_page: Open, cluster: LocalCluster) -> None:
    """Nothing has to be chosen again where the page was closed just before the start."""
    page = open_page(cluster.url)
    page.route("**/jobs/*/start", lambda _route: None)
    choose(page, texts(2))
    send(page)
    expect(page.get_by_text("30 bytes of 30 bytes sent")).to_be_visible()
    reload(page)
    page.unroute("**/jobs/*/start")
    card = page.get_by_label("Interrupted upload")
    expect(card).to_contain_text("They only have to be started.")
    card.get_by_role("button", name="Start").click()
    watch_to_the_end(page, "text")


def test_uploads_go_two_at_a_time(page: Page) -> None:
    """However much is sent, connections are left for all else; what waits can be given up."""
    held = hold_all(page, "**/jobs/*/files")
    for number in range(4):
        choose(page, texts(1, first=number))
        send(page)
    expect(page.get_by_text("Sending: 1 file for text")).to_have_count(2)
    expect(page.get_by_text("Waiting: 1 file for text")).to_have_count(2)
    newest = upload_of(page, "text")
    newest.get_by_role("button", name="Cancel").click()
    expect(newest).to_contain_text("Stopped: 1 file")
    expect(newest).not_to_contain_text("go first")
    expect(page.get_by_text("Sending: 1 file for text")).to_have_count(2)
    expect(page.get_by_text("Waiting: 1 file for text")).to_have_count(1)
    assert wait_until(lambda: len(held) == 2 or page.evaluate("false"))
    page.unroute("**/jobs/*/files")  # which lets them go
    expect(page.get_by_role("link", name="Look at the results")).to_have_count(3)


def test_two_tabs_do_not_go_on_with_the_same_upload(open_page: Open, cluster: LocalCluster) -> None:
    """An upload that one tab goes on with is refused to another that still shows it."""
    page = open_page(cluster.url)
    files = texts(600)
    hold(page, files)
    reload(page)
    other = page.context.new_page()
    other.goto(cluster.url)
    cards = [tab.get_by_label("Interrupted upload") for tab in (page, other)]
    for card in cards:
        expect(card).to_be_visible()
    hold_all(other, "**/jobs/*?limit=0")  # so that the other card stays
    hold_all(page, "**/jobs/*/files")
    chooser = "input[type=file]:not([webkitdirectory])"
    cards[0].locator(chooser).set_input_files(files)
    expect(page.get_by_text("Sending: 600 files")).to_be_visible()
    cards[1].locator(chooser).set_input_files(files)
    expect(cards[1]).to_contain_text("This upload is going on already")
    page.unroute("**/jobs/*/files")
    watch_to_the_end(page, "text")
    assert finished(cluster.url, shown_job(page))["total_files"] == 600


def test_cancel_before_the_job_is_known_leaves_none(open_page: Open, cluster: LocalCluster) -> None:
    """A job that was made while its upload was cancelled is given up like any other."""
    page = open_page(cluster.url)
    held = hold_all(page, "**/jobs")
    choose(page, texts(1))
    send(page)
    card = upload_of(page, "text")
    assert wait_until(lambda: held or page.evaluate("false"))
    card.get_by_role("button", name="Cancel").click()
    expect(card).to_contain_text("Stopping")
    held[0].continue_()
    expect(card).to_contain_text("Stopped")
    newest = call(cluster.url, "GET", "/jobs?limit=1", 200).json()["jobs"][0]
    assert (newest["state"], newest["total_files"]) == ("cancelled", 0)
