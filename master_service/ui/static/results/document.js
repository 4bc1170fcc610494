// Renders a document result: metadata, outline, and the text page by page.

import { button } from "../components/controls.js";
import { card, h, propertyList, renderIfChanged } from "../components/elements.js";
import { codePointSlicer } from "./code_points.js";

// Code points shown per step, and the maximum of one section.
const MAX_CHARACTERS = 200_000;
// What an empty section counts as, which limits the sections per step.
const MIN_CHARACTERS = 1000;

export async function renderDocument({ json }) {
  const result = await json();
  const { title, author, subject, creator } = result.metadata;
  const text = textCard(result);
  return [
    card("About the document", h("h3", {}, title || result.document_type),
      propertyList({ Type: result.document_type, Author: author, Subject: subject, "Created with": creator, Pages: result.page_count, "Pages without text": result.pages_without_text || null, Paragraphs: result.paragraph_count, Tables: result.table_count, Words: result.word_count, Characters: result.character_count, Encoding: result.encoding })),
    outlineCard(result.outline ?? [], text.goTo),
    text.element,
  ];
}

// Shows part of the text; `goTo(entry)` scrolls to an outline entry's page or offset.
function textCard(result) {
  const sections = result.character_count ? split(result) : [];
  const slice = codePointSlicer(result.text_content);
  const [shown, before, after] = [h("div", { class: "stack" }), h("div"), h("div")];
  const earlierButton = button("Show earlier", showEarlier);
  const moreButton = button("Show more", showMore);
  let [first, end] = [0, 0]; // the range of sections shown

  function showMore() {
    for (let characters = 0; end < sections.length && characters < MAX_CHARACTERS; end += 1) {
      characters += weight(sections[end]);
      shown.append(renderSection(sections[end], slice));
    }
    renderButtons();
  }

  function showEarlier() {
    const visible = shown.firstElementChild;
    for (let characters = 0; first > 0 && characters < MAX_CHARACTERS; ) {
      first -= 1;
      characters += weight(sections[first]);
      shown.prepend(renderSection(sections[first], slice));
    }
    renderButtons();
    visible.scrollIntoView();
  }

  function renderButtons() {
    renderIfChanged(before, [first > 0], () => (first > 0 ? earlierButton : []));
    renderIfChanged(after, [end < sections.length], () => (end < sections.length ? moreButton : []));
  }

  function goTo(entry) {
    const target = sections.findIndex(({ page, begin }) => (entry.page ? page === entry.page : begin === entry.begin));
    if (target < 0) return;
    if (target < first || target >= end) {
      // The sections between are not rendered: in a large document that takes long.
      first = end = target;
      shown.replaceChildren();
      showMore();
    }
    shown.children[target - first].scrollIntoView();
  }

  showMore();
  const emptyText = result.character_count ? null : h("p", { class: "muted" }, "There is no text.");
  return { element: card("Text", emptyText, before, shown, after), goTo };
}

const weight = ({ begin, end }) => Math.max(MIN_CHARACTERS, end - begin);

function renderSection({ begin, end, page, scanned }, slice) {
  return h("div", { class: page ? "document-page" : "", id: page ? `page-${page}` : `offset-${begin}` },
    page ? h("h3", {}, `Page ${page}`) : null,
    scanned ? h("p", { class: "muted" }, `Scanned: read by OCR, confidence ${Math.round(scanned)} of 100`) : null,
    end > begin ? h("p", { class: "prose" }, slice(begin, end)) : page ? h("p", { class: "muted" }, "No text on this page.") : null);
}

// Sections { begin, end, page } in code points: pages, or parts between headings, cut where too long.
function split({ pages, outline: entries = [], character_count: total }) {
  const headings = entries.map(({ begin }) => begin).filter((begin) => begin > 0 && begin < total);
  const begins = [...new Set([0, ...headings])].sort((a, b) => a - b);
  const parts = pages ?? begins.map((begin, position) => ({ begin, end: begins[position + 1] ?? total }));
  return parts.flatMap(({ begin, end, ocr, confidence }, position) => {
    const sections = [{ begin, end: Math.min(end, begin + MAX_CHARACTERS), page: pages ? position + 1 : null, scanned: ocr ? confidence : null }];
    for (let next = begin + MAX_CHARACTERS; next < end; next += MAX_CHARACTERS) sections.push({ begin: next, end: Math.min(end, next + MAX_CHARACTERS), page: null });
    return sections;
  });
}

function outlineCard(entries, goTo) {
  if (!entries.length) return null;
  return card("Outline", h("h3", {}, "Outline"),
    h("ul", { role: "list", class: "outline" }, entries.map((entry) => h("li", { style: { paddingInlineStart: `${(entry.level - 1) * 1.2}rem` } },
      entry.page || entry.begin !== undefined
        ? h("button", { type: "button", class: "link", onclick: () => goTo(entry) }, entry.page ? `${entry.title} · ${entry.page}` : entry.title)
        : entry.title))));
}
