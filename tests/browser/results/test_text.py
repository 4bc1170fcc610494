"""Documents and texts are shown completely, and as they were generated."""

import re

from playwright.sync_api import Locator, Page, expect

from scripts.local_cluster import LocalCluster
from tests.browser.conftest import OpenPage, Screenshot
from tests.browser.generated_files import EMOJI, docx_file, pdf
from tests.conftest import Part, assign
from tests.unit.slave.test_scanned_pages import scan


def show_result(open_page: OpenPage, cluster: LocalCluster, task_type: str, part: Part) -> Page:
    """Let the cluster process a file, and open its result."""
    job_id = assign(cluster, task_type, [part])["job_id"]
    page = open_page(f"{cluster.url}/ui#/jobs/{job_id}/0")
    expect(page.get_by_role("heading", name=part[0])).to_be_visible()
    expect(page.locator("#view .card").first).to_be_visible()
    return page


def shown_texts(place: Locator | Page) -> list[str]:
    """Return the shown parts of the document's text."""
    return [text.strip("\n") for text in place.locator(".prose").all_text_contents()]


def page_lines(number: int) -> list[str]:
    """Return the lines of a page; their number and length differ from page to page."""
    emoji = EMOJI * (number % 5 + 1)
    middle = [f"line {line} of {number} {EMOJI[line % 4]}" for line in range(number % 7)]
    return [f"Page {number} begins {emoji}", *middle, f"page {number} ends here"]


def test_each_page_of_a_pdf_has_its_own_text(
    open_page: OpenPage, cluster: LocalCluster, screenshot: Screenshot
) -> None:
    """Each of 30 pages with emoji is shown with its own text; bookmarks scroll to their pages."""
    pages = [page_lines(number) if number != 7 else [] for number in range(1, 31)]
    data = pdf(pages, bookmarks=[("Beginning", 1), ("Middle", 15), ("End", 30)])
    page = show_result(open_page, cluster, "document", ("thirty pages.pdf", data))
    expect(page.locator(".document-page")).to_have_count(30)
    for number, lines in enumerate(pages, start=1):
        sheet = page.locator(f"#page-{number}")
        if lines:
            assert shown_texts(sheet) == ["\n".join(lines)]
        else:
            expect(sheet).to_contain_text("No text on this page.")
    screenshot(page, "pages")
    for title, number in (("End", 30), ("Middle", 15)):
        page.get_by_label("Outline").get_by_role("button", name=title).click()
        expect(page.locator(f"#page-{number}")).to_be_in_viewport()
        expect(page.locator(f"#page-{number}")).to_contain_text(f"Page {number} begins")


def test_bookmark_skips_the_pages_before_it(open_page: OpenPage, cluster: LocalCluster) -> None:
    """A bookmark to the last of many pages renders that page only; earlier ones on request."""
    pages = [[f"Page {n} {EMOJI}", *["word " * 18 + EMOJI] * 40] for n in range(1, 201)]
    data = pdf(pages, bookmarks=[("Last", 200)])
    page = show_result(open_page, cluster, "document", ("long.pdf", data))
    first_shown = page.locator(".document-page").count()
    assert first_shown < 100
    page.get_by_role("button", name="Last").click()
    expect(page.locator("#page-200")).to_be_in_viewport()
    assert shown_texts(page) == ["\n".join(pages[199])]
    page.get_by_role("button", name="Show earlier").click()
    expect(page.locator("#page-199")).to_have_count(1)
    shown = shown_texts(page)
    assert shown == ["\n".join(lines) for lines in pages[-len(shown) :]]
    page.get_by_role("button", name="Last").click()
    expect(page.locator("#page-200")).to_be_in_viewport()


def test_empty_pages_are_rendered_in_steps(open_page: OpenPage, cluster: LocalCluster) -> None:
    """Of hundreds of pages, nearly all without text, only some are rendered at a time."""
    pages = [["The only words."], *([] for _ in range(599))]
    page = show_result(open_page, cluster, "document", ("blank.pdf", pdf(pages)))
    expect(page.get_by_text("No text on this page.").first).to_be_visible()
    shown = page.locator(".document-page").count()
    assert shown < 600
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("#page-201")).to_have_count(1)


def test_scanned_page_is_marked(open_page: OpenPage, cluster: LocalCluster) -> None:
    """A page that OCR has read shows its text, and how sure OCR was."""
    page = show_result(open_page, cluster, "document", ("scan.pdf", scan("The gate is open")))
    shown = page.locator(".document-page")
    expect(shown).to_contain_text("The gate is open")
    expect(shown).to_contain_text(re.compile(r"Scanned: read by OCR, confidence \d+ of 100"))


def test_document_without_text_lists_no_pages(open_page: OpenPage, cluster: LocalCluster) -> None:
    """If no page has text, the result says so once, with the reason."""
    page = show_result(open_page, cluster, "document", ("blank.pdf", pdf([[], []])))
    expect(page.get_by_label("Text").get_by_text("There is no text.")).to_be_visible()
    expect(page.get_by_role("note", name="Warnings")).to_contain_text("no text")
    expect(page.locator(".document-page")).to_have_count(0)


def test_long_text_is_shown_in_steps(open_page: OpenPage, cluster: LocalCluster) -> None:
    """A text longer than one step is shown completely, step by step, without repetition."""
    text = "".join(f"{number:06}{EMOJI}" for number in range(45_000))
    part = ("emoji.txt", text.encode())
    page = show_result(open_page, cluster, "document", part)
    pieces = page.locator(".prose")
    expect(pieces).to_have_count(1)
    assert pieces.first.text_content() == text[:200_000]
    for count in (2, 3):
        page.get_by_role("button", name="Show more").click()
        expect(pieces).to_have_count(count)
    assert "".join(pieces.all_text_contents()) == text
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)


def test_headings_scroll_to_their_sections(open_page: OpenPage, cluster: LocalCluster) -> None:
    """Each heading of a DOCX scrolls to its section, whatever characters precede it."""
    sections = [
        (f"Heading {n} {EMOJI[n % 4]}", [f"Paragraph {n}.{p} {EMOJI * n}" for p in range(12)])
        for n in range(1, 13)
    ]
    page = show_result(open_page, cluster, "document", ("headed.docx", docx_file(sections)))
    expect(page.locator(".prose")).to_have_count(len(sections))
    assert shown_texts(page) == ["\n".join([heading, *lines]) for heading, lines in sections]
    for heading, lines in (sections[-1], sections[4]):
        page.get_by_label("Outline").get_by_role("button", name=heading).click()
        piece = page.locator(".prose", has_text=lines[0])
        expect(piece).to_be_in_viewport()


SENTENCES = {
    "I love this wonderful day 🙂.": "positive",
    "The table has four legs 🚀.": "neutral",
    "I hate this terrible, horrible rain 🙃!": "negative",
    "What a great success 🧪🧪!": "positive",
}


def test_sentences_have_their_sentiment(open_page: OpenPage, cluster: LocalCluster) -> None:
    """Sentences are shown in order, each with its sentiment; the counts are those of the text."""
    text = "\n\n".join(SENTENCES)
    page = show_result(open_page, cluster, "text", ("sentiments.txt", text.encode()))
    shown = page.get_by_label("Sentences").locator(".sentiment")
    expect(shown).to_have_count(len(SENTENCES))
    for place, (sentence, sentiment) in enumerate(SENTENCES.items()):
        expect(shown.nth(place)).to_contain_text(sentence)
        expect(shown.nth(place)).to_have_class(f"sentiment {sentiment}")
    counts = page.get_by_label("Counts")
    expect(counts.locator("div", has_text="Sentences")).to_contain_text(str(len(SENTENCES)))
    expect(counts.locator("div", has_text="Characters")).to_contain_text(str(len(text)))
    expect(counts.locator("div", has_text="Words").first).to_contain_text(str(len(text.split())))


def test_strongest_sentences_are_shown(open_page: OpenPage, cluster: LocalCluster) -> None:
    """Of more than 200 sentences, those with the strongest sentiment are shown, with the total."""
    scored = [f"Visit {n} was great {EMOJI[n % 4]}." for n in range(200)]
    text = " ".join(f"{sentence} There was a table {EMOJI}." for sentence in scored)
    page = show_result(open_page, cluster, "text", ("many.txt", text.encode()))
    card = page.get_by_label("Sentences")
    expect(card).to_contain_text("The 200 sentences with the strongest sentiment, of 400")
    shown = card.locator(".sentiment").evaluate_all(
        "all => all.map((one) => one.firstChild.textContent)"
    )
    assert shown == scored
