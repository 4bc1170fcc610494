"""What is chosen or dropped is sorted by what it is, and sent as the user says."""

import zipfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, Request, expect

from scripts.local_cluster import LocalCluster
from tests.browser.acting import (
    DROP_MANY,
    FOLDER,
    choose,
    drop,
    drop_folder,
    group,
    send,
    shown_job,
    text,
    texts,
    watch_to_the_end,
)
from tests.browser.conftest import Open
from tests.contract.jobs_api import finished
from tests.contract.programs import wait_until

Picture = Callable[[Page, str], Path]


def test_dropped_files_are_sorted_and_sent(page: Page, picture: Picture) -> None:
    """What is dropped is proposed to the type that it is for, and goes there."""
    drop(page, [("a.txt", "a good text"), ("b.txt", "a bad text"), ("c.bin", "\0\1\2\3")])
    expect(group(page, "2 files").get_by_role("combobox")).to_have_value("text")
    expect(group(page, "no kind that is known")).to_contain_text("c.bin")
    picture(page, "chosen")
    send(page)
    watch_to_the_end(page, "text")
    expect(page.get_by_role("status")).to_contain_text("2 of 2 done")
    picture(page, "done")


def test_proposed_type_can_be_changed_and_changed_back(page: Page) -> None:
    """What a group is sent as is chosen as often as one likes; it stays a group of its own."""
    drop(page, [("a.txt", "a good text"), ("b.txt", "a bad text"), ("c.bin", "\0\1\2\3")])
    types = group(page, "2 files").get_by_role("combobox")
    types.select_option("")
    expect(page.get_by_role("button", name="Send 0 files")).to_be_disabled()
    expect(group(page, "2 files")).not_to_contain_text("no kind")
    group(page, "c.bin").get_by_role("combobox").select_option("text")
    expect(page.get_by_role("button", name="Send 1 file")).to_be_enabled()
    group(page, "c.bin").get_by_role("combobox").select_option("")
    types.focus()
    types.select_option("embedding")
    expect(types).to_be_focused()
    send(page)
    watch_to_the_end(page, "embedding")
    expect(page.locator("a.row")).to_have_count(2)


DROP_WORDS = """
(zone) => {
  const transfer = new DataTransfer();
  transfer.setData("text/plain", "some words");
  zone.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, cancelable: true }));
}
"""


def test_folder_in_which_nothing_is_found_is_told(page: Page, tmp_path: Path) -> None:
    """Who gives an empty folder is told so, until there is something to send."""
    drop_folder(page, page.get_by_label("Choose files"), tmp_path)
    told = page.get_by_text("No file was found there")
    expect(told).to_be_visible()
    choose(page, texts(1))
    expect(page.get_by_role("button", name="Send 1 file")).to_be_visible()
    expect(told).to_have_count(0)
    drop_folder(page, page.get_by_label("Choose files"), tmp_path)
    expect(told).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(told).to_have_count(0)


def test_words_that_are_dropped_are_no_files(page: Page) -> None:
    """A link or words that miss their place change nothing."""
    page.locator(".drop").evaluate(DROP_WORDS)
    choose(page, texts(1))
    expect(page.get_by_role("button", name="Send 1 file")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    page.locator(".drop").evaluate(DROP_WORDS)
    expect(page.get_by_text("No file was found there")).to_have_count(0)


def test_dropped_folder_goes_in_whole(page: Page, tmp_path: Path, picture: Picture) -> None:
    """A folder is taken with what is in its folders, and says what of it is left out."""
    files = {"top.txt": "good", "below/one.txt": "bad", ".hidden": "x", "nothing.txt": ""}
    for name, words in files.items():
        (tmp_path / "notes" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "notes" / name).write_text(words)
    drop_folder(page, page.locator(".drop"), tmp_path / "notes")
    expect(group(page, "hidden")).to_contain_text("notes/.hidden")
    expect(group(page, "empty")).to_contain_text("notes/nothing.txt")
    group(page, "2 files").locator("summary").click()
    expect(group(page, "2 files").get_by_role("listitem")).to_have_count(2)
    picture(page, "folder")
    send(page)
    watch_to_the_end(page, "text")
    expect(page.locator("a.row")).to_have_count(2)
    expect(page.locator("a.row", has_text="notes/below/one.txt")).to_be_visible()


def test_chosen_folder_is_taken_like_a_dropped_one(page: Page, tmp_path: Path) -> None:
    """The dialog for folders gives the same paths, and hidden files are left out there too."""
    (tmp_path / "notes" / "below").mkdir(parents=True)
    for name in ("below/one.txt", ".hidden"):
        (tmp_path / "notes" / name).write_text("a good text")
    page.locator(FOLDER).set_input_files(tmp_path / "notes")
    expect(group(page, "hidden")).to_contain_text("notes/.hidden")
    send(page)
    watch_to_the_end(page, "text")
    expect(page.locator("a.row")).to_have_count(1)
    expect(page.locator("a.row", has_text="notes/below/one.txt")).to_be_visible()


def test_folders_of_a_chosen_folder_stay_apart(
    page: Page, cluster: LocalCluster, tmp_path: Path, picture: Picture
) -> None:
    """Equal names of two folders are told apart on the page, and in what it downloads."""
    for year in ("2023", "2024"):
        (tmp_path / "notes" / year).mkdir(parents=True)
        (tmp_path / "notes" / year / "notes.txt").write_text(f"the good notes of {year}")
    page.locator(FOLDER).set_input_files(tmp_path / "notes")
    send(page)
    watch_to_the_end(page, "text")
    names = [f"notes/{year}/notes.txt" for year in ("2023", "2024")]
    for name in names:
        expect(page.locator("a.row", has_text=name)).to_be_visible()
    picture(page, "job")
    told = finished(cluster.url, shown_job(page))
    assert sorted(file["filename"] for file in told["files"]) == names
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


def test_too_large_is_told_before_it_is_sent(
    open_page: Open, own_cluster: LocalCluster, picture: Picture
) -> None:
    """A file over the limit is left out with the reason, and no byte of it goes out."""
    own_cluster.start_master(MAX_FILE_SIZE="1000")
    page = open_page(own_cluster.url)
    sizes: list[int] = []

    def note(request: Request) -> None:
        if request.url.endswith("/files"):
            sizes.append(int(request.header_value("Content-Length") or 0))

    page.on("request", note)
    choose(page, [text("large.txt", b"x" * 2000), *texts(1)])
    large = group(page, "over the limit")
    expect(large).to_contain_text("1 file, 2 kB: over the limit of 1 kB")
    expect(large.get_by_role("combobox")).to_have_count(0)
    picture(page, "left-out")
    page.get_by_role("button", name="Send 1 file").click()
    expect(page.get_by_text("Sent: 1 file for text")).to_be_visible()
    assert len(sizes) == 1
    assert sizes[0] < 2000


def test_more_than_a_job_may_have_is_not_sent(open_page: Open, own_cluster: LocalCluster) -> None:
    """Files that are too many bytes together are told before any of them is sent."""
    own_cluster.start_master(MAX_FILE_SIZE="3000", MAX_JOB_SIZE="5000")
    page = open_page(own_cluster.url)
    choose(page, [text(f"{n}.txt", b"good " * 500) for n in range(3)])
    expect(page.get_by_label("Files to send")).to_contain_text("One job may have 5 kB")
    expect(page.get_by_role("button", name="Send 3 files")).to_be_disabled()
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_label("Files to send")).to_have_count(0)


def test_clear_stops_looking(page: Page) -> None:
    """What is still being looked at when all is cleared does not come back."""
    page.locator(".drop").evaluate(DROP_MANY, 5000)
    page.get_by_role("button", name="Clear").click()
    looking = "import('/ui/static/upload/selection.js').then(({ staging }) => staging.looking)"
    assert wait_until(lambda: page.evaluate(looking) == 0)
    expect(page.get_by_label("Files to send")).to_have_count(0)
    choose(page, texts(1))
    expect(page.get_by_role("button", name="Send 1 file")).to_be_enabled()
