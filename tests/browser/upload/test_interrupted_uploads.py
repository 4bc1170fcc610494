"""Uploads are resumed after a reload, and each in one tab only."""

from pathlib import Path

from playwright.sync_api import expect

from scripts.local_cluster import LocalCluster
from tests.browser.actions import (
    BATCH_FILES,
    FILE_INPUT,
    choose_files,
    current_job_id,
    drop_folder,
    hold_requests,
    open_finished_job,
    open_with_small_batches,
    reload_during_upload,
    send,
    send_and_hold_second_batch,
    text_file,
    text_files,
    upload_card,
)
from tests.browser.conftest import OpenPage, Screenshot
from tests.contract.jobs_api import call, finished
from tests.contract.programs import paused_workers, wait_until

SOON_MS = 15_000  # the page polls every five seconds


def test_upload_is_resumed_after_a_reload(
    open_page: OpenPage, cluster: LocalCluster, screenshot: Screenshot
) -> None:
    """After a reload, choosing the same files again sends the missing ones, and none twice."""
    page = open_page(cluster.url)
    odd = [text_file(name, b"a good text") for name in ("a%22b.txt", 'a"b.txt', "é %0A.txt")]
    files = [*odd, *text_files(500)]
    send_and_hold_second_batch(page, files)
    reload_during_upload(page)
    card = page.get_by_label("Interrupted upload")
    expect(card).to_contain_text("Received 500 of 503 files for text")
    screenshot(page, "interrupted")
    with page.expect_file_chooser() as chooser:
        card.get_by_role("button", name="Choose files").click()
    chooser.value.set_files(files)
    expect(card).to_have_count(0)
    open_finished_job(page, "text")
    ledger = finished(cluster.url, current_job_id(page))
    assert ledger["total_files"] == 503
    assert len({file["filename"] for file in ledger["files"]}) == 502  # browsers write %22 for "
    page.goto(cluster.url)
    expect(page.locator(".drop-zone")).to_be_visible()
    expect(card).to_have_count(0)


def test_upload_of_a_folder_is_resumed(
    open_page: OpenPage, cluster: LocalCluster, tmp_path: Path
) -> None:
    """Dropping the same folder on the card resumes its upload, though the folder has more files."""
    page = open_page(cluster.url)
    folder = tmp_path / "notes"
    folder.mkdir()
    for number in range(120):  # browsers read a folder in steps of 100 files
        (folder / f"{number}.txt").write_text(f"note {number} is good")
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    drop_folder(page, page.locator(".drop-zone"), folder)
    expect(page.get_by_role("button", name="Send 121 files")).to_be_visible()
    page.locator(".file-group", has_text="picture.png").get_by_role("combobox").select_option("")
    page.route("**/jobs/*/start", lambda _route: None)
    send(page)
    expect(page.get_by_text("1.8 kB of 1.8 kB sent")).to_be_visible()
    reload_during_upload(page)
    page.unroute("**/jobs/*/start")
    card = page.get_by_label("Interrupted upload")
    expect(card).to_contain_text("Received 120 of 120 files")
    drop_folder(page, card, folder)
    open_finished_job(page, "text")
    assert finished(cluster.url, current_job_id(page))["total_files"] == 120


def test_other_files_do_not_resume_an_upload(open_page: OpenPage, cluster: LocalCluster) -> None:
    """Choosing only some of the files shows an error and sends nothing; Discard cancels the job."""
    page = open_with_small_batches(open_page, cluster.url)
    send_and_hold_second_batch(page, text_files(BATCH_FILES + 1))
    reload_during_upload(page)
    card = page.get_by_label("Interrupted upload")
    with page.expect_file_chooser() as chooser:
        card.get_by_role("button", name="Choose files").click()
    chooser.value.set_files(text_files(BATCH_FILES))
    expect(card).to_contain_text("Only 5 of this upload's 6 files are among these")
    card.get_by_role("button", name="Discard").click()
    expect(card).to_have_count(0)
    assert call(cluster.url, "GET", "/jobs", 200).json()["jobs"][0]["state"] == "cancelled"


COMPOSE_NAMES = """
const append = FormData.prototype.append;
FormData.prototype.append = function (field, value, name) {
  append.call(this, field, value, name.normalize("NFC"));
};
"""
"""WebKit composes names in forms; on macOS, File.name is decomposed."""


def test_normalized_file_names_are_recognized(open_page: OpenPage, cluster: LocalCluster) -> None:
    """A file whose name the browser sent in another Unicode normalization is not sent again."""
    page = open_with_small_batches(open_page, cluster.url)
    page.add_init_script(COMPOSE_NAMES)
    page.reload()
    files = [text_file(f"Gru\u0308\u00dfe {n}.txt", b"a good text") for n in range(8)]
    send_and_hold_second_batch(page, files)
    reload_during_upload(page)
    card = page.get_by_label("Interrupted upload")
    card.locator(FILE_INPUT).set_input_files(files)
    open_finished_job(page, "text")
    assert finished(cluster.url, current_job_id(page))["total_files"] == 8


def test_upload_of_another_tab_is_not_interrupted(
    open_page: OpenPage, cluster: LocalCluster
) -> None:
    """An upload is shown as interrupted in another tab only after its own tab is closed."""
    page = open_with_small_batches(open_page, cluster.url)
    release = send_and_hold_second_batch(page, text_files(BATCH_FILES + 1))
    other = page.context.new_page()
    other.goto(cluster.url)
    # After the second response, the result of the first is rendered.
    other.wait_for_event("response", lambda answer: answer.url.endswith("/check_status"))
    assert other.get_by_label("Interrupted upload").count() == 0
    release()
    open_finished_job(page, "text")
    page.goto(cluster.url)
    send_and_hold_second_batch(page, text_files(BATCH_FILES + 1))
    page.close()
    expect(other.get_by_label("Interrupted upload")).to_be_visible(timeout=SOON_MS)


def test_sent_upload_is_followed_after_a_reload(open_page: OpenPage, cluster: LocalCluster) -> None:
    """After a reload, a sent upload is followed until its job ends."""
    page = open_page(cluster.url)
    with paused_workers(*cluster.slaves):
        choose_files(page, text_files(2))
        send(page)
        expect(upload_card(page, "text")).to_contain_text("Sent: 2 files for text")
        page.reload()
        expect(upload_card(page, "text")).to_contain_text("Sent: 2 files for text")
    open_finished_job(page, "text")
    page.goto(f"{cluster.url}/ui")
    assert wait_until(lambda: page.evaluate("localStorage.length === 0"))


def test_complete_upload_only_needs_its_start(open_page: OpenPage, cluster: LocalCluster) -> None:
    """If the page was closed just before the job's start, no file has to be chosen again."""
    page = open_page(cluster.url)
    page.route("**/jobs/*/start", lambda _route: None)
    choose_files(page, text_files(2))
    send(page)
    expect(page.get_by_text("30 bytes of 30 bytes sent")).to_be_visible()
    reload_during_upload(page)
    page.unroute("**/jobs/*/start")
    card = page.get_by_label("Interrupted upload")
    expect(card).to_contain_text("Start the job to process them.")
    card.get_by_role("button", name="Start").click()
    open_finished_job(page, "text")


def test_upload_is_resumed_in_one_tab_only(open_page: OpenPage, cluster: LocalCluster) -> None:
    """An upload that is resumed in one tab can't be resumed in another that still shows it."""
    page = open_with_small_batches(open_page, cluster.url)
    files = text_files(BATCH_FILES + 1)
    send_and_hold_second_batch(page, files)
    reload_during_upload(page)
    other = page.context.new_page()
    other.goto(cluster.url)
    cards = [tab.get_by_label("Interrupted upload") for tab in (page, other)]
    for card in cards:
        expect(card).to_be_visible()
    hold_requests(other, "**/jobs/*?limit=0")  # keeps the card in the other tab
    hold_requests(page, "**/jobs/*/files")
    cards[0].locator(FILE_INPUT).set_input_files(files)
    expect(page.get_by_text("Sending: 6 files")).to_be_visible()
    cards[1].locator(FILE_INPUT).set_input_files(files)
    expect(cards[1]).to_contain_text("This upload is already in progress")
    page.unroute("**/jobs/*/files")
    open_finished_job(page, "text")
    assert finished(cluster.url, current_job_id(page))["total_files"] == 6
