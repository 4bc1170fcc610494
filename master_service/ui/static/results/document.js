// A document's text, page by page, with its outline and what it says of itself.

import { h, keep } from "../dom.js";
import { button, facts } from "../widgets.js";

const SHOWN_CHARACTERS = 200_000;

/** Draw the result. */
export async function draw({ json }) {
  const result = await json();
  const { title, author, subject, creator } = result.metadata;
  const text = textCard(result);
  return [
    h("section", { class: "card", "aria-label": "About the document" }, h("h3", {}, title || result.document_type),
      facts({ Kind: result.document_type, Author: author, Subject: subject, "Made with": creator, Pages: result.page_count, Paragraphs: result.paragraph_count, Tables: result.table_count, Words: result.word_count, Characters: result.character_count, Encoding: result.encoding })),
    outline(result.outline ?? [], text.lead),
    text.element,
  ];
}

/** The text, of which more is shown as it is wanted; `lead` shows a page, or what begins at a place. */
function textCard(result) {
  const pieces = cut(result);
  const next = reader(result.text_content);
  const [sheets, more] = [h("div", { class: "stack" }), h("div")];
  const showMore = button("Show more", show);
  let shown = 0;

  function show() {
    for (let characters = 0; shown < pieces.length && characters < SHOWN_CHARACTERS; shown += 1) {
      const { begin, end, page } = pieces[shown];
      characters += end - begin;
      sheets.append(h("div", { class: page ? "sheet" : "", id: page ? `sheet-${page}` : `from-${begin}` },
        page ? h("h3", {}, `Page ${page}`) : null,
        end > begin ? h("p", { class: "reading" }, next(end - begin)) : h("p", { class: "faint" }, "No text here.")));
    }
    keep(more, [shown < pieces.length], () => (shown < pieces.length ? showMore : []));
  }

  function lead({ page, begin }) {
    const id = page ? `sheet-${page}` : `from-${begin}`;
    while (shown < pieces.length && !document.getElementById(id)) show();
    document.getElementById(id)?.scrollIntoView();
  }

  show();
  return { element: h("section", { class: "card", "aria-label": "Text" }, sheets, more), lead };
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

/** Return what reads on in a text, by characters: of those that Python counts, a string here has some twice. */
function reader(text) {
  let place = 0;
  return (characters) => {
    const begin = place;
    for (let left = characters; left > 0 && place < text.length; left -= 1) place += text.codePointAt(place) > 0xffff ? 2 : 1;
    return text.slice(begin, place);
  };
}

function outline(entries, lead) {
  if (!entries.length) return null;
  return h("section", { class: "card", "aria-label": "Outline" }, h("h3", {}, "Outline"),
    h("ul", { role: "list", class: "outline" }, entries.map((entry) => h("li", { style: { paddingInlineStart: `${(entry.level - 1) * 1.2}rem` } },
      entry.page || entry.begin !== undefined
        ? h("button", { type: "button", class: "link", onclick: () => lead(entry) }, entry.page ? `${entry.title} · ${entry.page}` : entry.title)
        : entry.title))));
}
