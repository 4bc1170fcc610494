"""What a person does on the page, in the words of the tests."""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from tests.contract.programs import wait_until

FILES = ".drop input[type=file]:not([webkitdirectory])"
FOLDER = ".drop input[type=file][webkitdirectory]"
_DROP = """
(zone, files) => {
  const transfer = new DataTransfer();
  for (const [name, text] of files) transfer.items.add(new File([text], name));
  const drag = { dataTransfer: transfer, bubbles: true, cancelable: true };
  for (const kind of ["dragover", "drop"]) zone.dispatchEvent(new DragEvent(kind, drag));
}
"""
DROP_MANY = """
async (zone, count) => {
  const transfer = new DataTransfer();
  for (let n = 0; n < count; n += 1)
    transfer.items.add(new File([`Note ${n} is good.`], `note ${n}.txt`));
  zone.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, cancelable: true }));
}
"""
"""Drops so many texts at once."""


def choose(page: Page, files: Sequence[Path] | Sequence[FilePayload]) -> None:
    """Choose files with the button's dialog."""
    page.locator(FILES).set_input_files(files)


def text(name: str, data: bytes) -> FilePayload:
    """Return a text to choose."""
    return FilePayload(name=name, mimeType="text/plain", buffer=data)


def texts(count: int, first: int = 0) -> list[FilePayload]:
    """Return small texts that are all different."""
    return [
        text(f"note {n}.txt", f"Note {n} is good.".encode()) for n in range(first, first + count)
    ]


def drop(page: Page, files: Iterable[tuple[str, str]]) -> None:
    """Drop files with these names and texts where files are dropped."""
    page.locator(".drop").evaluate(_DROP, list(files))


def drop_folder(page: Page, place: Locator, folder: Path) -> None:
    """Drop a folder of the disk onto a place, as a file manager does."""
    box = place.bounding_box()
    assert box
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
    at = {"x": box["x"] + 10, "y": box["y"] + 10, "data": data}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, **at})


def group(page: Page, words: str) -> Locator:
    """Return the line of what was chosen with these words in it."""
    return page.locator(".group", has_text=words)


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


def shown_job(page: Page) -> str:
    """Return the id of the job that is looked at."""
    found = re.search(r"#/jobs/(\w+)", page.url)
    assert found
    return found[1]


def open_result(page: Page, filename: str) -> None:
    """Open the result of a file in the list of its job."""
    page.locator("a.row", has_text=filename).click()
    expect(page.get_by_role("heading", name=filename)).to_be_visible()


def hold(page: Page, files: Sequence[FilePayload]) -> Callable[[], None]:
    """Send more files than go into one request; returns with the second held back.

    That is a slow network. What is returned lets it go.
    """
    sent: list[Route] = []

    def hold_the_second(route: Route) -> None:
        sent.append(route)
        if len(sent) != 2:
            route.continue_()

    page.route("**/jobs/*/files", hold_the_second)
    choose(page, files)
    send(page)
    expect(page.locator(".card", has_text="Sending")).to_be_visible()
    # To ask the page something lets it go on.
    assert wait_until(lambda: len(sent) == 2 or page.evaluate("false"))

    def let_go() -> None:
        sent[1].continue_()

    return let_go


def reload(page: Page) -> None:
    """Reload the page, though it warns that an upload would end."""
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.unroute("**/jobs/*/files")


def hold_all(page: Page, pattern: str) -> list[Route]:
    """Hold every call of this pattern back, as a slow network does; returns them as they come."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    page.route(pattern, keep)
    return held


def refuse_once(page: Page, pattern: str) -> list[Route]:
    """Refuse the first call of this pattern, as a full master does, with "not now"; returns it."""
    refused: list[Route] = []

    def refuse(route: Route) -> None:
        if refused:
            route.continue_()
        else:
            refused.append(route)
            route.fulfill(status=503, json={"error": "not now"})

    page.route(pattern, refuse)
    return refused
