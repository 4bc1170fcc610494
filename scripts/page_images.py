"""Takes the screenshots in docs/images: ``python -m scripts.page_images``; needs Chromium.

They show a cluster of two slaves that has processed photos, a damaged image and a scanned letter.
"""

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from protocol.http.sessions import new_session
from protocol.task_types import TASK_TYPES
from scripts import chromium, samples
from scripts.local_cluster import PROJECT, LocalCluster, end_on_signals, running

_FOLDER = PROJECT / "docs" / "images"
_PHOTOS = 120
_VIEWPORT = ViewportSize(width=1200, height=800)
_COLORS = 128
"""PNGs of a palette have a third of the size, and the page has few colors."""


def main() -> int:
    """Write the images; returns the exit code."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        files = samples.make(folder / "samples")
        photos = samples.photos(folder / "photos", _PHOTOS)
        images = [(f"holiday {n:03}.jpg", path.read_bytes()) for n, path in enumerate(photos, 1)]
        images.append(("broken.png", b"\x89PNG\r\n\x1a\nno image"))
        try:
            browser = chromium.launch(playwright.chromium)
        except chromium.ChromiumMissing as missing:
            print(missing)
            return 1
        with running(folder, slaves=2, settings={"SLAVE_WORKERS": "1"}) as cluster:
            scans = [(path.name, path.read_bytes()) for path in files["ocr"]]
            ocr_job = _process(cluster, "ocr", scans)
            image_job = _process(cluster, "image", images)
            _take_all(browser, f"{cluster.url}/ui", image_job, ocr_job)
        browser.close()
    return 0


def _process(cluster: LocalCluster, task_type: str, files: list[tuple[str, bytes]]) -> str:
    """Process files, and return the id of their job."""
    parts = [(TASK_TYPES[task_type].form_field, file) for file in files]
    with new_session() as session:
        url = f"{cluster.url}/assign_task"
        answer = session.post(url, data={"task_type": task_type}, files=parts, timeout=300)
    answer.raise_for_status()
    return str(answer.json()["job_id"])


def _take_all(browser: Browser, url: str, image_job: str, ocr_job: str) -> None:
    page = browser.new_page(viewport=_VIEWPORT, color_scheme="light")
    page.goto(f"{url}#/jobs/{image_job}")
    expect(page.get_by_text("1 file needs attention")).to_be_visible()
    expect(page.get_by_text("Speed-up")).to_be_visible()
    expect(page.get_by_text("holiday 001.jpg")).to_be_visible()
    _save(page, "page-job")
    page.goto(f"{url}#/cluster")
    expect(page.locator(".chart canvas")).to_be_visible()
    expect(page.get_by_text("Speed-up: ")).to_be_visible()
    _save(page, "page-cluster")
    # The noise of a scan does not compress well, so this image is smaller.
    page = browser.new_page(viewport=_VIEWPORT, color_scheme="light", device_scale_factor=0.75)
    page.goto(f"{url}#/jobs/{ocr_job}/0")
    expect(page.locator(".scan rect").first).to_be_visible()
    page.locator(".scan img").evaluate("image => image.decode()")
    _save(page, "page-ocr")


def _save(page: Page, name: str) -> None:
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    palette = image.quantize(_COLORS, dither=Image.Dither.NONE)
    palette.save(_FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    end_on_signals()
    sys.exit(main())
