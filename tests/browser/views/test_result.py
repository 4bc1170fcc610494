"""The result of each task type has a view of its own."""

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import requests
import soundfile
from playwright.sync_api import Page, Request, expect
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer

from scripts.local_cluster import LocalCluster
from slave_service.models.speech.voice_activity import RATE_HZ, vowels
from tests.browser.conftest import OpenPage, Screenshot
from tests.conftest import assign, need
from tests.contract.programs import wait_until


@pytest.fixture(scope="module")
def jobs(
    cluster: LocalCluster, sample_files: dict[str, list[Path]]
) -> dict[str, tuple[str, list[str]]]:
    """A job with the sample files of each task type: its id, and their names."""
    need("tesseract")
    return {
        name: (assign(cluster, name, files)["job_id"], [file.name for file in files])
        for name, files in sample_files.items()
    }


@pytest.fixture
def open_sample(
    open_page: OpenPage, cluster: LocalCluster, jobs: dict[str, tuple[str, list[str]]]
) -> Callable[..., Page]:
    """Return a function that opens the result of a sample file."""

    def opened(task_type: str, index: int = 0, **how: bool) -> Page:
        job_id, names = jobs[task_type]
        page = open_page(f"{cluster.url}/ui#/jobs/{job_id}/{index}", **how)
        expect(page.get_by_role("heading", name=names[index])).to_be_visible()
        return page

    return opened


def test_image_comparison(open_sample: Callable[..., Page], screenshot: Screenshot) -> None:
    """A slider moves between original and result, by mouse and keyboard."""
    page = open_sample("image")
    for kind in ("original", "grayscale"):
        shown = page.locator(f"img.{kind}")
        expect(shown).to_be_visible()  # the original is loaded separately
        width = shown.evaluate("image => image.decode().then(() => image.naturalWidth)")
        assert width == 1200
    slider = page.get_by_role("slider")
    # No other element covers any part of it.
    slider.scroll_into_view_if_needed()
    topmost = slider.evaluate(
        """slider => {
            const { left, width, bottom, height } = slider.getBoundingClientRect();
            const y = bottom - height / 2;
            const at = (part) => document.elementFromPoint(left + part * width, y);
            return [0.05, 0.3, 0.5, 0.9].every((part) => at(part) === slider);
        }"""
    )
    assert topmost
    slider.focus()
    slider.press("End")
    part = page.locator(".comparison").evaluate(
        "slider => slider.style.getPropertyValue('--position')"
    )
    assert part == "100%"
    screenshot(page, "image")


def test_text_has_counts_keywords_and_sentiment(
    open_sample: Callable[..., Page], screenshot: Screenshot
) -> None:
    """A text has counts, a chart of keywords, and sentences colored by sentiment.

    There is no note, since the result has no warnings.
    """
    page = open_sample("text")
    expect(page.get_by_label("Counts")).to_contain_text("positive")
    expect(page.get_by_role("note")).to_have_count(0)
    expect(page.get_by_label("Keywords").get_by_role("listitem")).to_have_count(10)
    sentences = page.get_by_label("Sentences").locator(".sentiment")
    assert sentences.count() > 3
    assert page.get_by_label("Sentences").locator(".sentiment.positive").count() > 0
    # In words, for screen readers.
    expect(page.get_by_label("Sentences").locator(".sentiment.positive").first).to_contain_text(
        "(positive, 0."
    )
    screenshot(page, "text")


def test_scatter_plot_names_the_nearest_texts(
    open_sample: Callable[..., Page], screenshot: Screenshot, sample_files: dict[str, list[Path]]
) -> None:
    """Pointing at a text in the scatter plot names the texts most similar to it."""
    page = open_sample("embedding")
    dots = page.locator(".scatter-plot a")
    expect(dots).to_have_count(5)
    dots.nth(3).hover()
    pointed_at = sample_files["embedding"][3].name
    status = page.get_by_label("Similarity").get_by_role("status").locator("strong")
    expect(status).to_have_text(pointed_at)
    clusters = page.get_by_role("list", name="Clusters").get_by_role("listitem")
    sizes = [int(text.rpartition("(")[2].rstrip(")")) for text in clusters.all_inner_texts()]
    assert sum(sizes) == 5
    screenshot(page, "embedding")
    fetched: list[str] = []

    def record(request: Request) -> None:
        if "/results/" in request.url or "/similar" in request.url:
            fetched.append(request.url)

    page.on("request", record)
    page.locator("[rel=next]").click()
    expect(page.get_by_role("heading", name=sample_files["embedding"][1].name)).to_be_visible()
    expect(dots).to_have_count(5)
    assert len(fetched) == 1  # the comparison is cached
    with page.expect_download() as download:
        page.get_by_role("link", name="Vectors of all texts").click()
    assert download.value.suggested_filename.endswith(".npz")


def test_scatter_plot_of_a_large_job_is_a_part(open_page: OpenPage, cluster: LocalCluster) -> None:
    """Of a job with more texts than the plot can hold, a part with the current text is shown."""
    files = [(f"{n}.txt", f"text number{n % 7} and word{n % 11}".encode()) for n in range(505)]
    job_id = assign(cluster, "embedding", files)["job_id"]
    page = open_page(f"{cluster.url}/ui#/jobs/{job_id}/503")
    expect(page.locator(".scatter-plot a")).to_have_count(5)
    expect(page.locator(".scatter-plot a.current")).to_have_count(1)
    expect(page.get_by_text("Shown: 5 texts next to this file in the job, of 505.")).to_be_visible()


TOPICS = {
    "sea": ["harbour", "lantern", "sailor", "anchor", "tide", "gull", "island", "storm"],
    "kitchen": ["kettle", "pepper", "butter", "oven", "spoon", "recipe", "onion", "flour"],
    "garden": ["meadow", "rose", "shovel", "hedge", "beetle", "compost", "tulip", "pond"],
}


def topic_texts() -> dict[str, str]:
    """Return texts of three topics by file name, of different numbers."""
    generator = random.Random(3)  # noqa: S311 (reproducible, not secret)
    texts = {}
    for (topic, words), count in zip(TOPICS.items(), (10, 7, 5), strict=True):
        for number in range(count):
            some = generator.choices(words, k=30) + generator.choices(TOPICS["sea"], k=number % 4)
            texts[f"{topic} {number}.txt"] = " ".join(some)
    return texts


def test_scatter_plot_is_a_pca(open_page: OpenPage, cluster: LocalCluster) -> None:
    """Positions are the first two components of a PCA over scikit-learn's vectors.

    The texts named as most similar have the largest cosines.
    """
    texts = topic_texts()
    names = list(texts)
    job = assign(cluster, "embedding", [(name, texts[name].encode()) for name in names])
    page = open_page(f"{cluster.url}/ui#/jobs/{job['job_id']}/0")
    dots = page.locator(".scatter-plot a")
    expect(dots).to_have_count(len(texts))
    vectorizer = TfidfVectorizer(max_features=100, stop_words="english")
    vectors = vectorizer.fit_transform(texts.values()).toarray()
    components = PCA(2).fit_transform(vectors)
    for axis, side in enumerate(("cx", "cy")):
        script = "(all, side) => all.map((one) => Number(one.getAttribute(side)))"
        drawn = page.locator(".scatter-plot circle").evaluate_all(script, side)
        assert abs(np.corrcoef(drawn, components[:, axis])[0, 1]) > 0.999
    similarity = vectors @ vectors.T - 2 * np.eye(len(vectors))
    status = page.get_by_label("Similarity").get_by_role("status")
    for place in (0, 9, 16, 21):
        dots.nth(place).focus()
        expect(status.locator("strong")).to_have_text(names[place])
        order = np.argsort(-similarity[place].round(4), kind="stable")[:5]
        nearest = [n for n in order if similarity[place][n] > 0.005]
        assert status.locator("a").all_inner_texts() == [names[other] for other in nearest]


def test_ocr_words_have_boxes(open_sample: Callable[..., Page], screenshot: Screenshot) -> None:
    """Each recognized word has a box on the scan, and the text can be copied."""
    page = open_sample("ocr")
    boxes = page.locator(".scan rect")
    expect(boxes.first).to_be_visible()
    assert boxes.count() > 50
    first = boxes.first.bounding_box()
    sheet = page.locator(".scan").bounding_box()
    assert first
    assert sheet
    assert sheet["x"] < first["x"] < sheet["x"] + sheet["width"] / 2
    boxes.first.hover()
    expect(page.get_by_label("Scan").get_by_role("status")).to_contain_text("of 100")
    expect(page.get_by_label("Text", exact=True)).to_contain_text("Dear Mrs. Palmer")
    screenshot(page, "ocr")


RECORD_MEDIA_TYPES = """() => {
    const make = URL.createObjectURL;
    window.mediaTypes = [];
    URL.createObjectURL = (blob) => {
        window.mediaTypes.push(blob.type);
        return make.call(URL, blob);
    };
}"""


def test_audio_has_a_waveform_and_a_player(
    open_sample: Callable[..., Page], screenshot: Screenshot
) -> None:
    """An audio file has a waveform, and can be played."""
    page = open_sample("audio")
    expect(page.locator(".waveform polygon")).to_be_visible()
    points = page.locator(".waveform polygon").get_attribute("points") or ""
    assert 100 < len(points.split()) <= 2000
    # The player is removed if the browser can't play the file.
    assert wait_until(lambda: page.evaluate("document.querySelector('audio')?.readyState > 0"))
    duration = page.locator("audio").evaluate("audio => audio.duration")
    assert duration == pytest.approx(2, abs=0.1)
    screenshot(page, "audio")
    # Safari needs the media type.
    page.evaluate(RECORD_MEDIA_TYPES)
    page.get_by_role("link", name="Next").click()
    assert wait_until(lambda: page.evaluate("window.mediaTypes.join()") == "audio/wav")


def test_speech_is_listed_and_can_be_played(
    cluster: LocalCluster, open_page: OpenPage, tmp_path: Path, screenshot: Screenshot
) -> None:
    """Each span of speech has a button that plays the sound from there."""
    file = tmp_path / "speech.wav"
    silence = np.zeros(RATE_HZ)
    samples = np.concatenate([silence, vowels(1.0), silence, vowels(0.8), silence])
    soundfile.write(file, samples, RATE_HZ)
    answer = requests.post(
        f"{cluster.url}/assign_task",
        data={"task_type": "audio", "options": '{"speech": "spans"}'},
        files={"audio_files": (file.name, file.read_bytes())},
        timeout=60,
    ).json()
    page = open_page(f"{cluster.url}/ui#/jobs/{answer['job_id']}/0")
    buttons = page.get_by_label("Speech").get_by_role("button")
    expect(buttons).to_have_count(2)
    buttons.nth(1).click()
    assert wait_until(lambda: page.evaluate("document.querySelector('audio').currentTime > 2.5"))
    screenshot(page, "speech")


def test_document_is_shown_by_page(
    open_sample: Callable[..., Page], screenshot: Screenshot
) -> None:
    """A PDF's text is shown page by page, after its metadata."""
    page = open_sample("document")
    expect(page.get_by_label("About the document")).to_contain_text("Nora Field")
    expect(page.get_by_role("heading", name="Page 2")).to_be_visible()
    expect(page.locator("#page-2")).to_contain_text("What comes next")
    screenshot(page, "document")


def test_docx_has_an_outline(open_sample: Callable[..., Page]) -> None:
    """The headings of a DOCX are its outline."""
    page = open_sample("document", 1)
    outline = page.get_by_label("Outline")
    outline.get_by_role("button", name="What it costs").click()
    expect(page.locator(".stack > div", has_text="What it costs").last).to_be_in_viewport()


def test_arrow_keys_open_the_neighboring_files(open_sample: Callable[..., Page]) -> None:
    """The arrow keys open the previous and the next file; at both ends they do nothing."""
    page = open_sample("text")
    previous, following = page.locator("[rel=prev]"), page.locator("[rel=next]")
    expect(previous).to_have_count(0)
    following.wait_for()
    page.keyboard.press("ArrowRight")
    previous.wait_for()
    assert page.url.endswith("/1")
    page.keyboard.press("ArrowLeft")
    expect(previous).to_have_count(0)
    assert page.url.endswith("/0")


def test_results_can_be_downloaded(open_sample: Callable[..., Page]) -> None:
    """One result, and all of a job as a ZIP, can be downloaded."""
    page = open_sample("text")
    with page.expect_download() as one:
        page.get_by_role("link", name="Download", exact=True).click()
    assert one.value.suggested_filename.endswith("_analysis.json")
    page.get_by_role("link", name="files for text").click()
    with page.expect_download() as everything:
        page.get_by_role("link", name="Download results").click()
    assert everything.value.suggested_filename.endswith(".zip")
