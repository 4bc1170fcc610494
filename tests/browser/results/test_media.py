"""Images, scans and audio are shown as they were generated."""

import base64
import io
import json
import re
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page, expect

from scripts.local_cluster import LocalCluster
from tests.browser.conftest import OpenPage, Screenshot
from tests.browser.generated_files import Scan, scan, sound
from tests.conftest import Part, assign, need
from tests.contract.jobs_api import call, form
from tests.rows import check_rows

WORDS = {"Harbour": (60, 60), "Lantern": (560, 140), "Meadow": (120, 420), "Window": (600, 500)}
TOLERANCE = 0.02
"""A fraction of the image's size: Tesseract's boxes differ by a few pixels."""


def show_result(open_page: OpenPage, cluster: LocalCluster, task_type: str, part: Part) -> Page:
    """Let the cluster process a file, and open its result."""
    job_id = assign(cluster, task_type, [part])["job_id"]
    page = open_page(f"{cluster.url}/ui#/jobs/{job_id}/0")
    expect(page.locator("#view .card").first).to_be_visible()
    return page


def shown_boxes(page: Page) -> dict[str, tuple[float, ...]]:
    """Return each word's box (left, top, right, bottom), as fractions of the scan's size."""
    sheet = page.locator(".scan").bounding_box()
    assert sheet
    found: dict[str, tuple[float, ...]] = {}
    for box in page.locator(".scan rect").all():
        box.hover()
        word = page.get_by_label("Scan").get_by_role("status").locator("strong").inner_text()
        at = box.bounding_box()
        assert at
        left, top = (
            (at["x"] - sheet["x"]) / sheet["width"],
            (at["y"] - sheet["y"]) / sheet["height"],
        )
        right, bottom = left + at["width"] / sheet["width"], top + at["height"] / sheet["height"]
        found[word] = (left, top, right, bottom)
    return found


def darkness(page: Page, generated: Scan) -> tuple[float, float]:
    """Return the fractions of dark pixels in the shown image: inside the words' boxes, outside."""
    boxes = page.locator(".scan svg")
    boxes.evaluate("boxes => { boxes.style.display = 'none'; }")
    png = page.locator(".scan").screenshot()
    boxes.evaluate("boxes => { boxes.style.display = ''; }")
    seen = Image.open(io.BytesIO(png)).convert("L").resize(generated.size)
    dark = np.asarray(seen) < 128
    inside = np.zeros(dark.shape, dtype=bool)
    for left, top, right, bottom in generated.boxes.values():
        inside[top:bottom, left:right] = True
    return float(dark[inside].mean()), float(dark[~inside].mean())


def check_results(
    open_page: OpenPage,
    cluster: LocalCluster,
    task_type: str,
    scans: dict[str, Scan],
    check: Callable[[Page, Scan], None],
) -> Page:
    """Let the cluster process the scans, by file name; return a page that has checked each result.

    The last result is open.
    """
    parts = [(name, generated.data) for name, generated in scans.items()]
    job_id = assign(cluster, task_type, parts)["job_id"]
    page = open_page(f"{cluster.url}/ui#/jobs/{job_id}")

    def check_result(index: int) -> None:
        name = parts[index][0]
        page.goto(f"{cluster.url}/ui#/jobs/{job_id}/{index}")
        expect(page.get_by_role("heading", name=name)).to_be_visible()
        check(page, scans[name])

    check_rows({name: index for index, name in enumerate(scans)}, check_result)
    return page


def test_boxes_are_around_their_words(
    open_page: OpenPage, cluster: LocalCluster, screenshot: Screenshot
) -> None:
    """The scan is upright for every EXIF orientation, and each box is around its word."""
    need("tesseract")

    def check(page: Page, generated: Scan) -> None:
        expect(page.locator(".scan rect")).to_have_count(len(WORDS))
        sent = page.locator(".scan img")
        expect(sent).to_have_attribute("src", re.compile("^blob:"))
        sent.evaluate("image => image.decode()")
        width, height = generated.size
        boxes = shown_boxes(page)
        assert boxes.keys() == WORDS.keys()
        for word, (left, top, right, bottom) in generated.boxes.items():
            truth = (left / width, top / height, right / width, bottom / height)
            assert boxes[word] == pytest.approx(truth, abs=TOLERANCE), word
        inside, outside = darkness(page, generated)
        assert inside > 0.1
        assert outside < 0.005

    scans = {
        f"scan-{orientation}.{form.lower()}": scan(WORDS, form, orientation)
        for form in ("JPEG", "PNG", "WEBP")
        for orientation in (1, 3, 6, 8)
    }
    page = check_results(open_page, cluster, "ocr", scans, check)
    screenshot(page, "boxes")


def test_original_and_result_match(open_page: OpenPage, cluster: LocalCluster) -> None:
    """Original and result have the same size, and show the image upright."""
    truth = np.asarray(Image.open(io.BytesIO(scan(WORDS).data)).convert("L"), dtype=int)

    def check(page: Page, generated: Scan) -> None:
        expect(page.locator(".original")).to_be_visible()
        for kind in ("original", "grayscale"):
            size = page.locator(f".{kind}").evaluate(
                "image => image.decode().then(() => [image.naturalWidth, image.naturalHeight])"
            )
            assert size == list(generated.size), kind
            seen = shown_pixels(page, f".{kind}", generated.size)
            assert (abs(seen - truth) > 60).mean() < 0.01, kind

    pictures = {
        f"picture-{orientation}.{form.lower()}": scan(WORDS, form, orientation)
        for form in ("JPEG", "WEBP")
        for orientation in (1, 6)
    }
    check_results(open_page, cluster, "image", pictures, check)


def test_facts_of_a_picture_are_shown(open_page: OpenPage, cluster: LocalCluster) -> None:
    """The facts that the job asked for stand beside the picture, in any script."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Caméra", "富士".encode()
    file = io.BytesIO()
    Image.linear_gradient("L").save(file, "JPEG", exif=exif.tobytes())
    options = json.dumps({"facts": "camera,perceptual_hash"})
    sent = form("image", [("photo.jpg", file.getvalue())])
    sent["data"]["options"] = options
    job_id = call(cluster.url, "POST", "/assign_task", 200, **sent).json()["job_id"]
    facts = open_page(f"{cluster.url}/ui#/jobs/{job_id}/0").get_by_label("Facts")
    expect(facts).to_contain_text("富士")
    expect(facts).to_contain_text("Perceptual hash0000000000000000")


def shown_pixels(page: Page, selector: str, size: tuple[int, int]) -> NDArray[np.int_]:
    """Return the gray values of an image as the browser renders it, by row and column."""
    script = """(image, [width, height]) => {
        const canvas = Object.assign(document.createElement("canvas"), { width, height });
        canvas.getContext("2d").drawImage(image, 0, 0, width, height);
        return canvas.toDataURL("image/png").split(",")[1];
    }"""
    png = base64.b64decode(page.locator(selector).evaluate(script, list(size)))
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), dtype=int)[:, :, 0]


def test_levels_and_waveform_match_the_tone(open_page: OpenPage, cluster: LocalCluster) -> None:
    """A tone of half the full scale has a peak of -6 dB; the waveform of silence is flat."""
    data = sound(seconds=4, amplitude=0.5, silent_share=0.5)
    page = show_result(open_page, cluster, "audio", ("tone.wav", data))
    levels = page.get_by_label("Levels")
    expect(levels).to_contain_text("Peak-6.0 dB")
    # Silent for half of the time: 3 dB below the -9.0 dB of the tone.
    expect(levels).to_contain_text("RMS-12.0 dB")
    expect(levels).to_contain_text("Length0:04.00")
    expect(levels).to_contain_text("16,000 Hz")
    text = page.locator(".waveform polygon").get_attribute("points") or ""
    points = [tuple(map(float, point.split(","))) for point in text.split()]
    last = max(x for x, _ in points)
    flat = [abs(y) for x, y in points if x < 0.49 * last]
    loud = [abs(y) for x, y in points if x > 0.51 * last]
    assert max(flat) == 0
    assert min(loud) > 0.9  # an interval may end just before the maximum


def test_playhead_is_at_the_played_position(open_page: OpenPage, cluster: LocalCluster) -> None:
    """The playhead is in the middle of the waveform at half time, and at its end at the end."""
    page = show_result(
        open_page, cluster, "audio", ("tone.wav", sound(seconds=2, amplitude=0.5, silent_share=0))
    )
    line, wave = page.locator(".waveform .playhead"), page.locator(".waveform polygon")
    for share in (0.5, 1):
        page.locator("audio").evaluate(
            """(audio, share) => new Promise((done) => {
                const seek = () => { audio.currentTime = share * audio.duration; };
                audio.addEventListener("timeupdate", done, { once: true });
                if (audio.readyState) seek();
                else audio.addEventListener("loadedmetadata", seek);
            })""",
            share,
        )
        box, whole = line.bounding_box(), wave.bounding_box()
        assert box
        assert whole
        assert (box["x"] - whole["x"]) / whole["width"] == pytest.approx(share, abs=0.01)
