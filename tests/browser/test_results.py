"""Results of all six types are shown by what they are."""

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, Request, expect
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer

from scripts.local_cluster import LocalCluster
from tests.browser.conftest import Open
from tests.conftest import assign, need
from tests.contract.programs import wait_until

Picture = Callable[[Page, str], Path]


@pytest.fixture(scope="module")
def jobs(
    cluster: LocalCluster, sample_files: dict[str, list[Path]]
) -> dict[str, tuple[str, list[str]]]:
    """A job of the sample files of each type: its id, and the names in it."""
    need("tesseract")
    return {
        name: (assign(cluster, name, files)["job_id"], [file.name for file in files])
        for name, files in sample_files.items()
    }


@pytest.fixture
def look(
    open_page: Open, cluster: LocalCluster, jobs: dict[str, tuple[str, list[str]]]
) -> Callable[..., Page]:
    """Return what opens the result of a type's first sample."""

    def opened(task_type: str, index: int = 0, **how: bool) -> Page:
        job_id, names = jobs[task_type]
        page = open_page(f"{cluster.url}/ui#/jobs/{job_id}/{index}", **how)
        expect(page.get_by_role("heading", name=names[index])).to_be_visible()
        return page

    return opened


def test_picture_before_and_after(look: Callable[..., Page], picture: Picture) -> None:
    """A slider goes between the picture as it was sent and the gray one, by keyboard too."""
    page = look("image")
    for kind in ("before", "after"):
        shown = page.locator(f"img.{kind}")
        expect(shown).to_be_visible()  # the picture that was sent comes in its own time
        width = shown.evaluate("image => image.decode().then(() => image.naturalWidth)")
        assert width == 1200
    slider = page.get_by_role("slider")
    # It can be grasped all over, and by its left half as well.
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
    part = page.locator(".slider").evaluate("slider => slider.style.getPropertyValue('--part')")
    assert part == "100%"
    picture(page, "image")


def test_mood_of_a_text_sentence_by_sentence(look: Callable[..., Page], picture: Picture) -> None:
    """A text has its counts, keywords as bars, and each sentence in the color of its mood."""
    page = look("text")
    expect(page.get_by_label("Counts")).to_contain_text("positive")
    expect(page.get_by_label("Keywords").get_by_role("listitem")).to_have_count(10)
    sentences = page.get_by_label("Sentences").locator(".mood")
    assert sentences.count() > 3
    assert page.get_by_label("Sentences").locator(".mood.positive").count() > 0
    # And in words, for those who don't see it.
    expect(page.get_by_label("Sentences").locator(".mood.positive").first).to_contain_text(
        "(positive, 0."
    )
    picture(page, "text")


def test_map_of_texts(
    look: Callable[..., Page], picture: Picture, sample_files: dict[str, list[Path]]
) -> None:
    """Texts of a job lie on a map; pointing at one names those that are most like it."""
    page = look("embedding")
    dots = page.locator(".map a")
    expect(dots).to_have_count(5)
    dots.nth(3).hover()
    pointed_at = sample_files["embedding"][3].name
    told = page.get_by_label("Map of the job").get_by_role("status").locator("strong")
    expect(told).to_have_text(pointed_at)
    picture(page, "embedding")
    fetched: list[str] = []

    def note(request: Request) -> None:
        if "/results/" in request.url:
            fetched.append(request.url)

    page.on("request", note)
    page.locator("[rel=next]").click()
    expect(page.get_by_role("heading", name=sample_files["embedding"][1].name)).to_be_visible()
    expect(dots).to_have_count(5)
    assert len(fetched) == 1  # its own; the others are known


def test_map_of_very_many_texts_is_that_around_one(open_page: Open, cluster: LocalCluster) -> None:
    """Of more texts than a map can hold, those around the one looked at are on it."""
    files = [(f"{n}.txt", f"text number{n % 7} and word{n % 11}".encode()) for n in range(505)]
    job_id = assign(cluster, "embedding", files)["job_id"]
    page = open_page(f"{cluster.url}/ui#/jobs/{job_id}/503")
    expect(page.locator(".map a")).to_have_count(5)
    expect(page.locator(".map a.own")).to_have_count(1)
    expect(page.get_by_text("Shown are 5 texts near it in the job, of 505.")).to_be_visible()


TOPICS = {
    "sea": ["harbour", "lantern", "sailor", "anchor", "tide", "gull", "island", "storm"],
    "kitchen": ["kettle", "pepper", "butter", "oven", "spoon", "recipe", "onion", "flour"],
    "garden": ["meadow", "rose", "shovel", "hedge", "beetle", "compost", "tulip", "pond"],
}


def topic_texts() -> dict[str, str]:
    """Return texts of three topics by file name, more of one than of another."""
    generator = random.Random(3)  # noqa: S311 (to be repeatable, not secret)
    texts = {}
    for (topic, words), count in zip(TOPICS.items(), (10, 7, 5), strict=True):
        for number in range(count):
            some = generator.choices(words, k=30) + generator.choices(TOPICS["sea"], k=number % 4)
            texts[f"{topic} {number}.txt"] = " ".join(some)
    return texts


def test_map_is_that_of_the_vectors_principal_components(
    open_page: Open, cluster: LocalCluster
) -> None:
    """Places are the first two components of a PCA over scikit-learn's vectors of these texts.

    What is named as most like a text has the largest cosine with it.
    """
    texts = topic_texts()
    names = list(texts)
    job = assign(cluster, "embedding", [(name, texts[name].encode()) for name in names])
    page = open_page(f"{cluster.url}/ui#/jobs/{job['job_id']}/0")
    dots = page.locator(".map a")
    expect(dots).to_have_count(len(texts))
    vectorizer = TfidfVectorizer(max_features=100, stop_words="english")
    vectors = vectorizer.fit_transform(texts.values()).toarray()
    components = PCA(2).fit_transform(vectors)
    for axis, side in enumerate(("cx", "cy")):
        script = "(all, side) => all.map((one) => Number(one.getAttribute(side)))"
        drawn = page.locator(".map circle").evaluate_all(script, side)
        assert abs(np.corrcoef(drawn, components[:, axis])[0, 1]) > 0.999
    likeness = vectors @ vectors.T - 2 * np.eye(len(vectors))
    told = page.get_by_label("Map of the job").get_by_role("status")
    for place in (0, 9, 16, 21):
        dots.nth(place).focus()
        expect(told.locator("strong")).to_have_text(names[place])
        nearest = [n for n in np.argsort(-likeness[place])[:5] if likeness[place][n] > 0.005]
        assert told.locator("a").all_inner_texts() == [names[other] for other in nearest]


def test_words_of_a_page(look: Callable[..., Page], picture: Picture) -> None:
    """Each word that was read has a box on the page, and the text can be copied."""
    page = look("ocr")
    boxes = page.locator(".page rect")
    expect(boxes.first).to_be_visible()
    assert boxes.count() > 50
    first = boxes.first.bounding_box()
    sheet = page.locator(".page").bounding_box()
    assert first
    assert sheet
    assert sheet["x"] < first["x"] < sheet["x"] + sheet["width"] / 2
    boxes.first.hover()
    expect(page.get_by_label("The page").get_by_role("status")).to_contain_text("of 100")
    expect(page.get_by_label("The text")).to_contain_text("Dear Mrs. Palmer")
    picture(page, "ocr")


TYPES_OF_BLOBS = """() => {
    const make = URL.createObjectURL;
    window.types = [];
    URL.createObjectURL = (blob) => {
        window.types.push(blob.type);
        return make.call(URL, blob);
    };
}"""


def test_sound_has_a_waveform_and_a_player(look: Callable[..., Page], picture: Picture) -> None:
    """A sound is drawn and can be heard."""
    page = look("audio")
    expect(page.locator(".wave polygon")).to_be_visible()
    points = page.locator(".wave polygon").get_attribute("points") or ""
    assert 100 < len(points.split()) <= 2000
    # A sound that can't be played is taken away, and what waits for it ends.
    assert wait_until(lambda: page.evaluate("document.querySelector('audio')?.readyState > 0"))
    duration = page.locator("audio").evaluate("audio => audio.duration")
    assert duration == pytest.approx(2, abs=0.1)
    picture(page, "audio")
    # Safari goes by the name of its type alone.
    page.evaluate(TYPES_OF_BLOBS)
    page.get_by_role("link", name="Next").click()
    assert wait_until(lambda: page.evaluate("window.types.join()") == "audio/wav")


def test_document_by_page(look: Callable[..., Page], picture: Picture) -> None:
    """A PDF's text stands page by page, under what the document says of itself."""
    page = look("document")
    expect(page.get_by_label("About the document")).to_contain_text("Nora Field")
    expect(page.get_by_role("heading", name="Page 2")).to_be_visible()
    expect(page.locator("#sheet-2")).to_contain_text("What comes next")
    picture(page, "document")


def test_outline_of_a_document(look: Callable[..., Page]) -> None:
    """The headings of a DOCX are its outline."""
    page = look("document", 1)
    outline = page.get_by_label("Outline")
    outline.get_by_role("button", name="What it costs").click()
    expect(page.locator(".stack > div", has_text="What it costs").last).to_be_in_viewport()


def test_arrow_keys_lead_to_the_neighbours(look: Callable[..., Page]) -> None:
    """From result to result by the keyboard; at the ends there is nothing further."""
    page = look("text")
    previous, following = page.locator("[rel=prev]"), page.locator("[rel=next]")
    expect(previous).to_have_count(0)
    following.wait_for()
    page.keyboard.press("ArrowRight")
    previous.wait_for()
    assert page.url.endswith("/1")
    page.keyboard.press("ArrowLeft")
    expect(previous).to_have_count(0)
    assert page.url.endswith("/0")


def test_results_are_downloaded(look: Callable[..., Page]) -> None:
    """One result, and all of a job as a ZIP, come as files."""
    page = look("text")
    with page.expect_download() as one:
        page.get_by_role("link", name="Download", exact=True).click()
    assert one.value.suggested_filename.endswith("_analysis.json")
    page.get_by_role("link", name="files for text").click()
    with page.expect_download() as everything:
        page.get_by_role("link", name="Download results").click()
    assert everything.value.suggested_filename.endswith(".zip")
