"""What a user does on the page, as functions that the tests share."""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from tests.browser.conftest import OpenPage
from tests.contract.programs import wait_until

FILE_INPUT = "input[type=file]:not([webkitdirectory])"
FOLDER_INPUT = ".drop-zone input[type=file][webkitdirectory]"
_DROP = """
(zone, files) => {
  const transfer = new DataTransfer();
  for (const [name, text] of files) transfer.items.add(new File([text], name));
  const drag = { dataTransfer: transfer, bubbles: true, cancelable: true };
  for (const type of ["dragover", "drop"]) zone.dispatchEvent(new DragEvent(type, drag));
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
"""Drops ``count`` text files on the drop zone."""
WAIT_FOR_FRAME = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
"""Waits until the browser has drawn a frame."""


def choose_files(page: Page, files: Sequence[Path] | Sequence[FilePayload]) -> None:
    """Choose files in the file dialog."""
    page.locator(f".drop-zone {FILE_INPUT}").set_input_files(files)


def text_file(name: str, data: bytes) -> FilePayload:
    """Return a text file to choose."""
    return FilePayload(name=name, mimeType="text/plain", buffer=data)


def text_files(count: int, first: int = 0) -> list[FilePayload]:
    """Return small text files, ``note <n>.txt``, with different contents."""
    return [
        text_file(f"note {n}.txt", f"Note {n} is good.".encode())
        for n in range(first, first + count)
    ]


def drop_files(page: Page, files: Iterable[tuple[str, str]]) -> None:
    """Drop files, given as names and texts, on the drop zone."""
    page.locator(".drop-zone").evaluate(_DROP, list(files))


def drop_folder(page: Page, target: Locator, folder: Path) -> None:
    """Drop a folder of the disk on an element, as a file manager does."""
    box = target.bounding_box()
    assert box
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
    drag = {"x": box["x"] + 10, "y": box["y"] + 10, "data": data}
    for event in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": event, **drag})


def file_group(page: Page, text: str) -> Locator:
    """Return the group of the selection that contains a text."""
    return page.locator(".file-group", has_text=text)


def send(page: Page) -> None:
    """Send the selected files."""
    page.get_by_role("button", name="Send").click()


def upload_card(page: Page, task_type: str) -> Locator:
    """Return the card of the newest upload for a task type."""
    return page.get_by_label(f"Upload of {task_type}", exact=True).first


def open_finished_job(page: Page, task_type: str) -> None:
    """Wait until the job of the newest upload is finished, and open its view."""
    upload_card(page, task_type).get_by_role("link", name="View results").click(timeout=90_000)
    expect(page.get_by_role("heading", name=f"for {task_type}")).to_be_visible()


def current_job_id(page: Page) -> str:
    """Return the id of the job whose view is open."""
    found = re.search(r"#/jobs/(\w+)", page.url)
    assert found
    return found[1]


BATCH_FILES = 5
BATCH_BYTES = 1000
_SMALL_BATCHES = {
    "const BATCH_FILES = 500;": f"const BATCH_FILES = {BATCH_FILES};",
    "const BATCH_BYTES = 64 * 1024 * 1024;": f"const BATCH_BYTES = {BATCH_BYTES};",
}


def open_with_small_batches(open_page: OpenPage, url: str) -> Page:
    """Open the page with low limits of a batch, so that few and small files are several batches."""

    def lower_limits(route: Route) -> None:
        answer = route.fetch()
        script = answer.text()
        for limit, low in _SMALL_BATCHES.items():
            assert script.count(limit) == 1, limit
            script = script.replace(limit, low)
        route.fulfill(response=answer, body=script)

    page = open_page("about:blank")
    page.context.route("**/upload/batches.js", lower_limits)
    page.goto(url)
    return page


def send_and_hold_second_batch(page: Page, files: Sequence[FilePayload]) -> Callable[[], None]:
    """Send more files than fit into one batch, and hold the second request, like a slow network.

    Return a function that lets the request continue.
    """
    routes: list[Route] = []

    def hold_second(route: Route) -> None:
        routes.append(route)
        if len(routes) != 2:
            route.continue_()

    page.route("**/jobs/*/files", hold_second)
    choose_files(page, files)
    send(page)
    expect(page.locator(".card", has_text="Sending")).to_be_visible()
    # Playwright calls the handlers of routes only while it waits for the page.
    assert wait_until(lambda: len(routes) == 2 or page.evaluate("false"))

    def release() -> None:
        routes[1].continue_()

    return release


def reload_during_upload(page: Page) -> None:
    """Reload the page, and confirm its warning that an upload will be interrupted."""
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.unroute("**/jobs/*/files")


def hold_requests(page: Page, pattern: str) -> list[Route]:
    """Hold all requests to a URL pattern, like a slow network; they are added to the result."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(pattern, hold)
    return held


def refuse_first_request(page: Page, pattern: str) -> list[Route]:
    """Answer the first request to a URL pattern with 503 and "not now", and add it to the result.

    A full master answers like this.
    """
    refused: list[Route] = []

    def refuse(route: Route) -> None:
        if refused:
            route.continue_()
        else:
            refused.append(route)
            route.fulfill(status=503, json={"error": "not now"})

    page.route(pattern, refuse)
    return refused
