"""Chosen and dropped files are grouped by task type, and sent as the user decides."""

import zipfile
from pathlib import Path

from playwright.sync_api import Page, Request, expect

from scripts.local_cluster import LocalCluster
from tests.browser.actions import (
    DROP_MANY,
    FOLDER_INPUT,
    choose_files,
    current_job_id,
    drop_files,
    drop_folder,
    file_group,
    open_finished_job,
    send,
    text_file,
    text_files,
)
from tests.browser.conftest import OpenPage, Screenshot
from tests.contract.jobs_api import finished
from tests.contract.programs import wait_until


def test_dropped_files_are_grouped_by_type_and_sent(page: Page, screenshot: Screenshot) -> None:
    """Dropped files are grouped by detected type and sent as jobs of that type."""
    drop_files(page, [("a.txt", "a good text"), ("b.txt", "a bad text"), ("c.bin", "\0\1\2\3")])
    expect(file_group(page, "2 files").get_by_role("combobox")).to_have_value("text")
    expect(file_group(page, "unknown file type")).to_contain_text("c.bin")
    screenshot(page, "chosen")
    send(page)
    open_finished_job(page, "text")
    expect(page.get_by_role("status")).to_contain_text("2 of 2 done")
    screenshot(page, "done")


def test_type_of_a_group_can_be_changed(page: Page) -> None:
    """The task type of a group can be changed repeatedly; groups never merge."""
    drop_files(page, [("a.txt", "a good text"), ("b.txt", "a bad text"), ("c.bin", "\0\1\2\3")])
    types = file_group(page, "2 files").get_by_role("combobox")
    types.select_option("")
    expect(page.get_by_role("button", name="Send 0 files")).to_be_disabled()
    expect(file_group(page, "2 files")).not_to_contain_text("unknown")
    file_group(page, "c.bin").get_by_role("combobox").select_option("text")
    expect(page.get_by_role("button", name="Send 1 file")).to_be_enabled()
    file_group(page, "c.bin").get_by_role("combobox").select_option("")
    types.focus()
    types.select_option("embedding")
    expect(types).to_be_focused()
    send(page)
    open_finished_job(page, "embedding")
    expect(page.locator("a.row")).to_have_count(2)


def test_options_of_a_type_are_sent(
    page: Page, cluster: LocalCluster, sample_files: dict[str, list[Path]], screenshot: Screenshot
) -> None:
    """The options of a chosen type can be set; a job with a wrong value says what is right."""
    choose_files(page, [sample_files["ocr"][0]])
    options = page.get_by_text("Options of ocr")
    expect(options).to_have_count(0)
    page.get_by_role("combobox").select_option("ocr")
    options.click()
    page.get_by_label("language").fill("eng+eng")
    screenshot(page, "options")
    send(page)
    open_finished_job(page, "ocr")
    assert finished(cluster.url, current_job_id(page))["options"] == {"language": "eng"}
    page.goto(f"{cluster.url}/ui")
    choose_files(page, [sample_files["ocr"][0]])
    page.get_by_role("combobox").select_option("ocr")
    options.click()
    page.get_by_label("language").fill("English!")
    send(page)
    expect(page.get_by_text("The option language must be names of Tesseract's")).to_be_visible()


DROP_TEXT = """
(zone) => {
  const transfer = new DataTransfer();
  transfer.setData("text/plain", "some text");
  zone.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, cancelable: true }));
}
"""


def test_empty_folder_shows_a_notice(page: Page, tmp_path: Path) -> None:
    """An empty folder shows a notice until files are chosen or the selection is cleared."""
    drop_folder(page, page.get_by_label("Choose files"), tmp_path)
    notice = page.get_by_text("No files found")
    expect(notice).to_be_visible()
    choose_files(page, text_files(1))
    expect(page.get_by_role("button", name="Send 1 file")).to_be_visible()
    expect(notice).to_have_count(0)
    drop_folder(page, page.get_by_label("Choose files"), tmp_path)
    expect(notice).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(notice).to_have_count(0)


def test_dropped_text_is_ignored(page: Page) -> None:
    """Dropped text or links change nothing."""
    page.locator(".drop-zone").evaluate(DROP_TEXT)
    choose_files(page, text_files(1))
    expect(page.get_by_role("button", name="Send 1 file")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    page.locator(".drop-zone").evaluate(DROP_TEXT)
    expect(page.get_by_text("No files found")).to_have_count(0)


def test_dropped_folder_is_read_recursively(
    page: Page, tmp_path: Path, screenshot: Screenshot
) -> None:
    """A folder is read with its subfolders; hidden and empty files are listed as skipped."""
    files = {"top.txt": "good", "below/one.txt": "bad", ".hidden": "x", "nothing.txt": ""}
    for name, words in files.items():
        (tmp_path / "notes" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "notes" / name).write_text(words)
    drop_folder(page, page.locator(".drop-zone"), tmp_path / "notes")
    expect(file_group(page, "hidden")).to_contain_text("notes/.hidden")
    expect(file_group(page, "empty")).to_contain_text("notes/nothing.txt")
    file_group(page, "2 files").locator("summary").click()
    expect(file_group(page, "2 files").get_by_role("listitem")).to_have_count(2)
    screenshot(page, "folder")
    send(page)
    open_finished_job(page, "text")
    expect(page.locator("a.row")).to_have_count(2)
    expect(page.locator("a.row", has_text="notes/below/one.txt")).to_be_visible()


def test_chosen_folder_equals_a_dropped_one(page: Page, tmp_path: Path) -> None:
    """The folder dialog gives the same paths as a drop, and hidden files are skipped too."""
    (tmp_path / "notes" / "below").mkdir(parents=True)
    for name in ("below/one.txt", ".hidden"):
        (tmp_path / "notes" / name).write_text("a good text")
    page.locator(FOLDER_INPUT).set_input_files(tmp_path / "notes")
    expect(file_group(page, "hidden")).to_contain_text("notes/.hidden")
    send(page)
    open_finished_job(page, "text")
    expect(page.locator("a.row")).to_have_count(1)
    expect(page.locator("a.row", has_text="notes/below/one.txt")).to_be_visible()


def test_equal_names_in_two_folders_stay_distinct(
    page: Page, cluster: LocalCluster, tmp_path: Path, screenshot: Screenshot
) -> None:
    """Files of equal names in two folders have distinct paths on the page and in results.zip."""
    for year in ("2023", "2024"):
        (tmp_path / "notes" / year).mkdir(parents=True)
        (tmp_path / "notes" / year / "notes.txt").write_text(f"the good notes of {year}")
    page.locator(FOLDER_INPUT).set_input_files(tmp_path / "notes")
    send(page)
    open_finished_job(page, "text")
    names = [f"notes/{year}/notes.txt" for year in ("2023", "2024")]
    for name in names:
        expect(page.locator("a.row", has_text=name)).to_be_visible()
    screenshot(page, "job")
    ledger = finished(cluster.url, current_job_id(page))
    assert sorted(file["filename"] for file in ledger["files"]) == names
    with page.expect_download() as everything:
        page.get_by_role("link", name="Download results").click()
    with zipfile.ZipFile(everything.value.path()) as archive:
        assert sorted(archive.namelist()) == [
            "manifest.csv",
            "notes/2023/notes_analysis.json",
            "notes/2024/notes_analysis.json",
        ]
    page.locator("a.row", has_text=names[1]).click()
    expect(page.get_by_role("heading", name=names[1])).to_be_visible()


def test_limits_of_the_master_are_shown(
    open_page: OpenPage, own_cluster: LocalCluster, screenshot: Screenshot
) -> None:
    """A selection over MAX_JOB_SIZE can't be sent; a file over MAX_FILE_SIZE is skipped.

    Both limits are shown, and no byte of the skipped file is sent.
    """
    own_cluster.start_master(MAX_FILE_SIZE="3000", MAX_JOB_SIZE="5000")
    page = open_page(own_cluster.url)
    choose_files(page, [text_file(f"{n}.txt", b"good " * 500) for n in range(3)])
    expect(page.get_by_label("Files to send")).to_contain_text("A job can have at most 5 kB")
    expect(page.get_by_role("button", name="Send 3 files")).to_be_disabled()
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_label("Files to send")).to_have_count(0)
    sizes: list[int] = []

    def record(request: Request) -> None:
        if request.url.endswith("/files"):
            sizes.append(int(request.header_value("Content-Length") or 0))

    page.on("request", record)
    choose_files(page, [text_file("large.txt", b"x" * 4000), *text_files(1)])
    large = file_group(page, "over the limit")
    expect(large).to_contain_text("1 file, 4 kB: over the limit of 3 kB")
    expect(large.get_by_role("combobox")).to_have_count(0)
    screenshot(page, "left-out")
    page.get_by_role("button", name="Send 1 file").click()
    expect(page.get_by_text("Sent: 1 file for text")).to_be_visible()
    assert len(sizes) == 1
    assert sizes[0] < 4000


def test_clear_ends_type_detection(page: Page) -> None:
    """Files whose type is still being detected do not reappear after Clear."""
    page.locator(".drop-zone").evaluate(DROP_MANY, 5000)
    page.get_by_role("button", name="Clear").click()
    checking = (
        "import('/ui/static/upload/selection.js').then(({ selection }) => selection.checking)"
    )
    assert wait_until(lambda: page.evaluate(checking) == 0)
    expect(page.get_by_label("Files to send")).to_have_count(0)
    choose_files(page, text_files(1))
    expect(page.get_by_role("button", name="Send 1 file")).to_be_enabled()
