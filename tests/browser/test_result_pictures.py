"""What is shown of pictures and scans lies where it lay when they were made, and so do sounds."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page, expect

from scripts.local_cluster import LocalCluster
from tests.browser.conftest import Open
from tests.browser.made_files import Scan, scan, sound
from tests.conftest import Part, assign, need

Picture = Callable[[Page, str], Path]
WORDS = {"Harbour": (60, 60), "Lantern": (560, 140), "Meadow": (120, 420), "Window": (600, 500)}
TOLERANCE = 0.02
"""Of the picture's width: a few pixels, by which Tesseract's boxes differ from those drawn."""


def show_result(open_page: Open, cluster: LocalCluster, task_type: str, part: Part) -> Page:
    """Have the cluster process a file, and open its result."""
    job_id = assign(cluster, task_type, [part])["job_id"]
    page = open_page(f"{cluster.url}/ui#/jobs/{job_id}/0")
    expect(page.locator("#view .card").first).to_be_visible()
    return page


def shown_boxes(page: Page) -> dict[str, tuple[float, ...]]:
    """Return each word's box on the page (left, top, right, bottom), as shares of its size."""
    sheet = page.locator(".page").bounding_box()
    assert sheet
    found: dict[str, tuple[float, ...]] = {}
    for box in page.locator(".page rect").all():
        box.hover()
        word = page.get_by_label("The page").get_by_role("status").locator("strong").inner_text()
        at = box.bounding_box()
        assert at
        left, top = (
            (at["x"] - sheet["x"]) / sheet["width"],
            (at["y"] - sheet["y"]) / sheet["height"],
        )
        right, bottom = left + at["width"] / sheet["width"], top + at["height"] / sheet["height"]
        found[word] = (left, top, right, bottom)
    return found


def darkness(page: Page, made: Scan) -> tuple[float, float]:
    """Return how much of the shown picture is dark: inside of the words' boxes, and elsewhere."""
    page.locator(".page svg").evaluate("boxes => boxes.style.display = 'none'")
    png = page.locator(".page").screenshot()
    seen = Image.open(io.BytesIO(png)).convert("L").resize(made.size)
    dark = np.asarray(seen) < 128
    inside = np.zeros(dark.shape, dtype=bool)
    for left, top, right, bottom in made.boxes.values():
        inside[top:bottom, left:right] = True
    return float(dark[inside].mean()), float(dark[~inside].mean())


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_boxes_lie_on_their_words(
    open_page: Open, cluster: LocalCluster, picture: Picture, form: str, orientation: int
) -> None:
    """However the camera was held, the picture stands upright, and each box is around its word."""
    need("tesseract")
    made = scan(WORDS, form, orientation)
    page = show_result(open_page, cluster, "ocr", (f"scan.{form.lower()}", made.data))
    expect(page.locator(".page rect")).to_have_count(len(WORDS))
    sent = page.locator(".page img")
    expect(sent).to_have_attribute("src", re.compile("^blob:"))
    sent.evaluate("image => image.decode()")
    width, height = made.size
    boxes = shown_boxes(page)
    assert boxes.keys() == WORDS.keys()
    for word, (left, top, right, bottom) in made.boxes.items():
        truth = (left / width, top / height, right / width, bottom / height)
        assert boxes[word] == pytest.approx(truth, abs=TOLERANCE), word
    if form == "WEBP":
        picture(page, "boxes")
    inside, outside = darkness(page, made)
    assert inside > 0.1
    assert outside < 0.005


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
def test_picture_is_the_same_before_and_after(
    open_page: Open, cluster: LocalCluster, form: str, orientation: int
) -> None:
    """The picture as it was sent lies on the gray one, which has the grays of what was drawn."""
    made = scan(WORDS, form, orientation)
    page = show_result(open_page, cluster, "image", (f"picture.{form.lower()}", made.data))
    expect(page.locator(".before")).to_be_visible()
    sizes = [
        page.locator(f".{kind}").evaluate(
            "image => image.decode().then(() => [image.naturalWidth, image.naturalHeight])"
        )
        for kind in ("before", "after")
    ]
    assert sizes == [list(made.size)] * 2
    gray, sent = (shown_pixels(page, f".{kind}", made.size) for kind in ("after", "before"))
    truth = np.asarray(Image.open(io.BytesIO(scan(WORDS).data)).convert("L"), dtype=int)
    for seen in (gray, sent):
        assert (abs(seen - truth) > 60).mean() < 0.01


def shown_pixels(page: Page, selector: str, size: tuple[int, int]) -> NDArray[np.int_]:
    """Return the grays of a picture as the browser draws it, by row and column."""
    script = """(image, [width, height]) => {
        const context = new OffscreenCanvas(width, height).getContext("2d");
        context.drawImage(image, 0, 0, width, height);
        const { data } = context.getImageData(0, 0, width, height);
        return [...data].filter((_, place) => place % 4 === 0);
    }"""
    grays = page.locator(selector).evaluate(script, list(size))
    return np.array(grays, dtype=int).reshape(size[1], size[0])


def test_levels_and_waveform_are_those_of_the_tone(open_page: Open, cluster: LocalCluster) -> None:
    """A tone of half the full scale has -6 dB at its peak; where it is silent the wave is flat."""
    data = sound(seconds=4, amplitude=0.5, silent_share=0.5)
    page = show_result(open_page, cluster, "audio", ("tone.wav", data))
    levels = page.get_by_label("Levels")
    expect(levels).to_contain_text("Peak-6.0 dB")
    # Half of the time silent: 3 dB below the -9.0 dB of the tone.
    expect(levels).to_contain_text("Loudness-12.0 dB")
    expect(levels).to_contain_text("Length0:04.00")
    expect(levels).to_contain_text("16,000 Hz")
    text = page.locator(".wave polygon").get_attribute("points") or ""
    points = [tuple(map(float, point.split(","))) for point in text.split()]
    last = max(x for x, _ in points)
    flat = [abs(y) for x, y in points if x < 0.49 * last]
    loud = [abs(y) for x, y in points if x > 0.51 * last]
    assert max(flat) == 0
    assert min(loud) > 0.9  # a stretch may end just before the top


def test_line_in_the_wave_stands_where_the_sound_is(open_page: Open, cluster: LocalCluster) -> None:
    """The line is at the place that is played: in the middle of the wave, and at its very end."""
    page = show_result(
        open_page, cluster, "audio", ("tone.wav", sound(seconds=2, amplitude=0.5, silent_share=0))
    )
    line, wave = page.locator(".wave .place"), page.locator(".wave polygon")
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
