// A document's text, page by page, with its outline and what it says of itself.

import { h, keep } from "../components/elements.js";
import { button, facts } from "../components/controls.js";
import { codePointSlicer } from "./code_points.js";

/** So much text is shown at once, and at most so much in one piece (code points). */
const SHOWN_CHARACTERS = 200_000;
/** What a piece counts at least, so that thousands of empty pages are not drawn at once. */
const LEAST_CHARACTERS = 1000;

/** Draw the result. */
export async function draw({ json }) {
  const result = await json();
  const { title, author, subject, creator } = result.metadata;
  const text = textCard(result);
  return [
    h("section", { class: "card", "aria-label": "About the document" }, h("h3", {}, title || result.document_type),
      facts({ Kind: result.document_type, Author: author, Subject: subject, "Made with": creator, Pages: result.page_count, "Pages without text": result.pages_without_text || null, Paragraphs: result.paragraph_count, Tables: result.table_count, Words: result.word_count, Characters: result.character_count, Encoding: result.encoding })),
    outline(result.outline ?? [], text.lead),
    text.element,
  ];
}

/** The text, of which a part is shown at a time; `lead` shows a page, or what begins at an offset. */
function textCard(result) {
  const pieces = result.text_layer === false ? [] : cut(result);
  const slice = codePointSlicer(result.text_content);
  const [sheets, before, after] = [h("div", { class: "stack" }), h("div"), h("div")];
  const showEarlier = button("Show earlier", earlier);
  const showMore = button("Show more", more);
  let [first, last] = [0, 0]; // the pieces that are shown, the last one left out

  function more() {
    for (let characters = 0; last < pieces.length && characters < SHOWN_CHARACTERS; last += 1) {
      characters += weight(pieces[last]);
      sheets.append(sheet(pieces[last], slice));
    }
    drawButtons();
  }

  function earlier() {
    const seen = sheets.firstElementChild;
    for (let characters = 0; first > 0 && characters < SHOWN_CHARACTERS; ) {
      first -= 1;
      characters += weight(pieces[first]);
      sheets.prepend(sheet(pieces[first], slice));
    }
    drawButtons();
    seen.scrollIntoView();
  }

  function drawButtons() {
    keep(before, [first > 0], () => (first > 0 ? showEarlier : []));
    keep(after, [last < pieces.length], () => (last < pieces.length ? showMore : []));
  }

  function lead(entry) {
    const wanted = pieces.findIndex(({ page, begin }) => (entry.page ? page === entry.page : begin === entry.begin));
    if (wanted < 0) return;
    if (wanted < first || wanted >= last) {
      // What lies between would take long to draw in a large document.
      first = last = wanted;
      sheets.replaceChildren();
      more();
    }
    sheets.children[wanted - first].scrollIntoView();
  }

  more();
  const none = result.character_count ? null : h("p", { class: "faint" }, "There is no text.");
  return { element: h("section", { class: "card", "aria-label": "Text" }, none, before, sheets, after), lead };
}

const weight = ({ begin, end }) => Math.max(LEAST_CHARACTERS, end - begin);

function sheet({ begin, end, page }, slice) {
  return h("div", { class: page ? "sheet" : "", id: page ? `sheet-${page}` : `from-${begin}` },
    page ? h("h3", {}, `Page ${page}`) : null,
    end > begin ? h("p", { class: "reading" }, slice(begin, end)) : page ? h("p", { class: "faint" }, "No text here.") : null);
}

/** Where to cut the text: at its pages, or the headings of its outline, and where a piece would be too long. */
function cut({ pages, outline: entries = [], character_count: all }) {
  const headings = entries.map(({ begin }) => begin).filter((begin) => begin > 0 && begin < all);
  const begins = [...new Set([0, ...headings])].sort((one, other) => one - other);
  const parts = pages ?? begins.map((begin, place) => ({ begin, end: begins[place + 1] ?? all }));
  return parts.flatMap(({ begin, end }, place) => {
    const some = [{ begin, end: Math.min(end, begin + SHOWN_CHARACTERS), page: pages ? place + 1 : null }];
    for (let from = begin + SHOWN_CHARACTERS; from < end; from += SHOWN_CHARACTERS) some.push({ begin: from, end: Math.min(end, from + SHOWN_CHARACTERS), page: null });
    return some;
  });
}

function outline(entries, lead) {
  if (!entries.length) return null;
  return h("section", { class: "card", "aria-label": "Outline" }, h("h3", {}, "Outline"),
    h("ul", { role: "list", class: "outline" }, entries.map((entry) => h("li", { style: { paddingInlineStart: `${(entry.level - 1) * 1.2}rem` } },
      entry.page || entry.begin !== undefined
        ? h("button", { type: "button", class: "link", onclick: () => lead(entry) }, entry.page ? `${entry.title} · ${entry.page}` : entry.title)
        : entry.title))));
}
