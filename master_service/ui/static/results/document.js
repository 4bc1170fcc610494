// A document's text, page by page, with its outline and what it says of itself.

import { h } from "../dom.js";
import { button, facts } from "../widgets.js";

const SHOWN_CHARACTERS = 200_000;

/** Draw the result. */
export async function draw({ json }) {
  const result = await json();
  // Python counts characters; a string here counts some of them twice.
  const letters = /[\ud800-\udbff]/.test(result.text_content) ? Array.from(result.text_content) : result.text_content;
  const cut = (begin, end) => (typeof letters === "string" ? letters.slice(begin, end) : letters.slice(begin, end).join(""));
  const pages = pieces(result.pages ?? [{ begin: 0, end: result.character_count }]);
  const text = h("section", { class: "card", "aria-label": "Text" });
  let shown = 0;

  function showMore() {
    let characters = 0;
    while (shown < pages.length && characters < SHOWN_CHARACTERS) {
      const { begin, end, page } = pages[shown];
      characters += end - begin;
      text.append(h("div", { class: "sheet", id: page ? `sheet-${page}` : null },
        result.pages && page ? h("h3", {}, `Page ${page}`) : null,
        end > begin ? h("p", { class: "reading" }, cut(begin, end)) : h("p", { class: "faint" }, "No text here.")));
      shown += 1;
    }
    text.querySelector(":scope > .more")?.remove();
    if (shown < pages.length) text.append(h("div", { class: "more" }, button("Show more", showMore)));
  }

  showMore();
  const { title, author, subject, creator } = result.metadata;
  return [
    h("section", { class: "card", "aria-label": "About the document" }, h("h3", {}, title || result.document_type),
      facts({ Kind: result.document_type, Author: author, Subject: subject, "Made with": creator, Pages: result.page_count, Paragraphs: result.paragraph_count, Tables: result.table_count, Words: result.word_count, Characters: result.character_count, Encoding: result.encoding })),
    outline(result, (number) => {
      while (shown < pages.length && !document.getElementById(`sheet-${number}`)) showMore();
      document.getElementById(`sheet-${number}`)?.scrollIntoView();
    }),
    text,
  ];
}

/** Cut what is too long to be shown at once; the first piece of each page has its number. */
function pieces(pages) {
  return pages.flatMap(({ begin, end }, place) => {
    const some = [{ begin, end: Math.min(end, begin + SHOWN_CHARACTERS), page: place + 1 }];
    for (let from = begin + SHOWN_CHARACTERS; from < end; from += SHOWN_CHARACTERS) some.push({ begin: from, end: Math.min(end, from + SHOWN_CHARACTERS) });
    return some;
  });
}

function outline({ outline: entries }, lead) {
  if (!entries?.length) return null;
  return h("section", { class: "card", "aria-label": "Outline" }, h("h3", {}, "Outline"),
    h("ul", { class: "outline" }, entries.map(({ title, level, page }) => h("li", { style: { paddingInlineStart: `${(level - 1) * 1.2}rem` } },
      page ? h("button", { type: "button", class: "link", onclick: () => lead(page) }, `${title} · ${page}`) : title))));
}
