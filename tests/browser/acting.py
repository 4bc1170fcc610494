"""What a person does on the page, in the words of the tests."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from playwright.sync_api import FilePayload, Locator, Page, expect

FILES = "input[type=file]:not([webkitdirectory])"
FOLDER = "input[type=file][webkitdirectory]"
DROP = """
(zone, files) => {
  const transfer = new DataTransfer();
  for (const [name, text] of files) transfer.items.add(new File([text], name));
  const drag = { dataTransfer: transfer, bubbles: true, cancelable: true };
  for (const kind of ["dragover", "drop"]) zone.dispatchEvent(new DragEvent(kind, drag));
}
"""


def choose(page: Page, files: Sequence[Path] | Sequence[FilePayload]) -> None:
    """Choose files with the button's dialog."""
    page.locator(FILES).set_input_files(files)


def text(name: str, data: bytes) -> FilePayload:
    """Return a text to choose."""
    return FilePayload(name=name, mimeType="text/plain", buffer=data)


def texts(count: int, first: int = 0) -> list[FilePayload]:
    """Return small texts that are all different."""
    return [
        FilePayload(
            name=f"note {n}.txt", mimeType="text/plain", buffer=f"Note {n} is good.".encode()
        )
        for n in range(first, first + count)
    ]


def drop(page: Page, files: Iterable[tuple[str, str]]) -> None:
    """Drop files with these names and texts where files are dropped."""
    page.locator(".drop").evaluate(DROP, list(files))


def send(page: Page) -> None:
    """Press the button that sends what was chosen."""
    page.get_by_role("button", name="Send").click()


def upload_of(page: Page, task_type: str) -> Locator:
    """Return the card of the newest upload of a type."""
    return page.get_by_label(f"Upload of {task_type}", exact=True).first


def watch_to_the_end(page: Page, task_type: str) -> None:
    """Wait until an upload is processed, then look at its job."""
    upload_of(page, task_type).get_by_role("link", name="Look at the results").click(timeout=90_000)
    expect(page.get_by_role("heading", name=f"for {task_type}")).to_be_visible()


def open_result(page: Page, filename: str) -> None:
    """Open the result of a file in the list of its job."""
    page.locator("a.row", has_text=filename).click()
    expect(page.get_by_role("heading", name=filename)).to_be_visible()
