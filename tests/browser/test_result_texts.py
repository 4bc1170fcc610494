"""What is shown of documents and texts is what they were made of, wherever in them it stands."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from scripts.local_cluster import LocalCluster
from tests.browser.conftest import Open
from tests.browser.made_files import EMOJI, pdf, word_file
from tests.conftest import Part, assign

Picture = Callable[[Page, str], Path]


def show_result(open_page: Open, cluster: LocalCluster, task_type: str, part: Part) -> Page:
    """Have the cluster process a file, and open its result."""
    job_id = assign(cluster, task_type, [part])["job_id"]
    page = open_page(f"{cluster.url}/ui#/jobs/{job_id}/0")
    expect(page.get_by_role("heading", name=part[0])).to_be_visible()
    expect(page.locator("#view .card").first).to_be_visible()
    return page


def readings(place: Locator | Page) -> list[str]:
    """Return the texts that are shown for reading."""
    return [text.strip("\n") for text in place.locator(".reading").all_text_contents()]


def page_lines(number: int) -> list[str]:
    """Return the lines of a page, which differ in number and length from page to page."""
    emoji = EMOJI * (number % 5 + 1)
    middle = [f"line {line} of {number} {EMOJI[line % 4]}" for line in range(number % 7)]
    return [f"Page {number} begins {emoji}", *middle, f"page {number} ends here"]


def test_each_page_of_a_pdf_has_its_own_text(
    open_page: Open, cluster: LocalCluster, picture: Picture
) -> None:
    """Of thirty pages with emoji each is shown with its own words, from the first to the last."""
    pages = [page_lines(number) if number != 7 else [] for number in range(1, 31)]
    data = pdf(pages, bookmarks=[("Beginning", 1), ("Middle", 15), ("End", 30)])
    page = show_result(open_page, cluster, "document", ("thirty pages.pdf", data))
    expect(page.locator(".sheet")).to_have_count(30)
    for number, lines in enumerate(pages, start=1):
        sheet = page.locator(f"#sheet-{number}")
        if lines:
            assert readings(sheet) == ["\n".join(lines)]
        else:
            expect(sheet).to_contain_text("No text here.")
    picture(page, "pages")
    for title, number in (("End", 30), ("Middle", 15)):
        page.get_by_label("Outline").get_by_role("button", name=title).click()
        expect(page.locator(f"#sheet-{number}")).to_be_in_viewport()
        expect(page.locator(f"#sheet-{number}")).to_contain_text(f"Page {number} begins")


def test_far_page_is_shown_without_those_before_it(open_page: Open, cluster: LocalCluster) -> None:
    """A bookmark leads to the last of very many pages at once; earlier ones come when asked for."""
    pages = [[f"Page {n} {EMOJI}", *["word " * 18 + EMOJI] * 40] for n in range(1, 201)]
    data = pdf(pages, bookmarks=[("Last", 200)])
    page = show_result(open_page, cluster, "document", ("long.pdf", data))
    first_shown = page.locator(".sheet").count()
    assert first_shown < 100
    page.get_by_role("button", name="Last").click()
    expect(page.locator("#sheet-200")).to_be_in_viewport()
    assert readings(page) == ["\n".join(pages[199])]
    page.get_by_role("button", name="Show earlier").click()
    expect(page.locator("#sheet-199")).to_have_count(1)
    shown = readings(page)
    assert shown == ["\n".join(lines) for lines in pages[-len(shown) :]]
    page.get_by_role("button", name="Last").click()
    expect(page.locator("#sheet-200")).to_be_in_viewport()


def test_empty_pages_are_not_all_drawn_at_once(open_page: Open, cluster: LocalCluster) -> None:
    """Of a PDF of very many pages, nearly all without text, some are shown at a time."""
    pages = [["The only words."], *([] for _ in range(599))]
    page = show_result(open_page, cluster, "document", ("blank.pdf", pdf(pages)))
    expect(page.get_by_text("No text here.").first).to_be_visible()
    shown = page.locator(".sheet").count()
    assert shown < 600
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("#sheet-201")).to_have_count(1)


def test_pages_without_any_text_are_not_listed(open_page: Open, cluster: LocalCluster) -> None:
    """Where no page has text the result says so once, and why."""
    page = show_result(open_page, cluster, "document", ("blank.pdf", pdf([[], []])))
    expect(page.get_by_label("Text").get_by_text("There is no text.")).to_be_visible()
    expect(page.get_by_role("note", name="Warnings")).to_contain_text("no text")
    expect(page.locator(".sheet")).to_have_count(0)


def test_long_text_is_read_on_from_where_it_was_cut(open_page: Open, cluster: LocalCluster) -> None:
    """A text of more emoji than are shown at once is shown whole, piece by piece, none twice."""
    text = "".join(f"{number:06}{EMOJI}" for number in range(45_000))
    part = ("emoji.txt", text.encode())
    page = show_result(open_page, cluster, "document", part)
    pieces = page.locator(".reading")
    expect(pieces).to_have_count(1)
    assert pieces.first.text_content() == text[:200_000]
    for count in (2, 3):
        page.get_by_role("button", name="Show more").click()
        expect(pieces).to_have_count(count)
    assert "".join(pieces.all_text_contents()) == text
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)


def test_headings_lead_to_their_sections(open_page: Open, cluster: LocalCluster) -> None:
    """Each heading of a DOCX leads to the text below it, whatever characters stand before it."""
    sections = [
        (f"Heading {n} {EMOJI[n % 4]}", [f"Paragraph {n}.{p} {EMOJI * n}" for p in range(12)])
        for n in range(1, 13)
    ]
    page = show_result(open_page, cluster, "document", ("headed.docx", word_file(sections)))
    expect(page.locator(".reading")).to_have_count(len(sections))
    assert readings(page) == ["\n".join([heading, *lines]) for heading, lines in sections]
    for heading, lines in (sections[-1], sections[4]):
        page.get_by_label("Outline").get_by_role("button", name=heading).click()
        piece = page.locator(".reading", has_text=lines[0])
        expect(piece).to_be_in_viewport()


SENTENCES = {
    "I love this wonderful day 🙂.": "positive",
    "The table has four legs 🚀.": "neutral",
    "I hate this terrible, horrible rain 🙃!": "negative",
    "What a great success 🧪🧪!": "positive",
}


def test_sentences_are_shown_as_written(open_page: Open, cluster: LocalCluster) -> None:
    """The sentences of a text stand in its order, each with its own mood; the counts fit."""
    text = "\n\n".join(SENTENCES)
    page = show_result(open_page, cluster, "text", ("moods.txt", text.encode()))
    shown = page.get_by_label("Sentences").locator(".mood")
    expect(shown).to_have_count(len(SENTENCES))
    for place, (sentence, mood) in enumerate(SENTENCES.items()):
        expect(shown.nth(place)).to_contain_text(sentence)
        expect(shown.nth(place)).to_have_class(f"mood {mood}")
    counts = page.get_by_label("Counts")
    expect(counts.locator("div", has_text="Sentences")).to_contain_text(str(len(SENTENCES)))
    expect(counts.locator("div", has_text="Characters")).to_contain_text(str(len(text)))
    expect(counts.locator("div", has_text="Words").first).to_contain_text(str(len(text.split())))


def test_strongest_sentences_of_many_are_those_shown(
    open_page: Open, cluster: LocalCluster
) -> None:
    """Of more than 200 sentences those with a mood are shown, and how many there are in all."""
    moods = [f"Visit {n} was great {EMOJI[n % 4]}." for n in range(200)]
    text = " ".join(f"{mood} There was a table {EMOJI}." for mood in moods)
    page = show_result(open_page, cluster, "text", ("many.txt", text.encode()))
    card = page.get_by_label("Sentences")
    expect(card).to_contain_text("The 200 sentences with the strongest mood, of 400")
    shown = card.locator(".mood").evaluate_all(
        "all => all.map((one) => one.firstChild.textContent)"
    )
    assert shown == moods
