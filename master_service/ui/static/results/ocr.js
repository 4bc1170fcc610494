// Renders an OCR result: the scan with a box around each word, and the text.

import { snippet } from "../components/controls.js";
import { card, h, propertyList, svg } from "../components/elements.js";
import { outOf } from "../format.js";
import { loadMedia } from "./media.js";

// Minimum confidence (of 100).
const [HIGH, MEDIUM] = [90, 60];
const MAX_WORDS_TO_CHECK = 50;

export async function renderOcr({ json, inputUrl, file }) {
  if (file.saved_file.endsWith(".pdf")) return card("Searchable PDF", h("p", {}, "The result is a PDF of the pages. Download it to search it and to copy its words."));
  const result = await json();
  const words = result.words ?? [];
  const [width, height] = result.image_size;
  const scan = h("img", { alt: `${file.filename}, original`, style: turned(result) });
  const status = h("p", { role: "status", class: "muted" }, "Point at a word to see its text and confidence.");
  const boxes = svg("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" }, words.map((word) => {
    const [x, y, boxWidth, boxHeight] = word.box;
    return svg("rect", { x, y, width: boxWidth, height: boxHeight, class: level(word.confidence),
      onpointerenter: () => status.replaceChildren(h("strong", {}, word.text), ` ${word.confidence.toFixed(0)} of 100`) });
  }));
  loadMedia(scan, inputUrl, () => scan.replaceWith(h("p", { class: "muted" }, "The original can't be shown.")));
  return [
    card("Scan", h("div", { class: "scan", style: { aspectRatio: `${width} / ${height}` } }, scan, boxes), status,
      h("p", { class: "tags" }, Object.entries({ high: `${HIGH} or more`, medium: `${MEDIUM} to ${HIGH}`, low: `less than ${MEDIUM}` }).map(([name, range]) => h("span", { class: `tag ${name}` }, range)))),
    wordsToCheck(words),
    card("Text", h("h3", {}, "Text"), result.extracted_text ? snippet(result.extracted_text) : h("p", { class: "muted" }, "No text was found."),
      propertyList({ "Pages read": result.page_count > 1 ? outOf(result.pages_read ?? 1, result.page_count) : null, Words: result.word_count, Characters: result.character_count, "Confidence (of 100)": result.average_confidence, Size: `${width} × ${height}`, Mode: result.image_mode })),
  ];
}

// Boxes are on the page after its turn by a multiple of 90 degrees, so the original is turned too.
function turned({ rotation = 0, image_size: [width, height] }) {
  const turn = 90 * Math.round(rotation / 90);
  if (turn % 180 === 0) return { rotate: `${turn}deg` };
  const [across, down] = [(100 * height) / width, (100 * width) / height];
  return { rotate: `${turn}deg`, width: `${across}%`, height: `${down}%`, left: `${(100 - across) / 2}%`, top: `${(100 - down) / 2}%` };
}

// Words of low confidence, also for users who can't point at boxes.
function wordsToCheck(words) {
  const low = words.filter(({ confidence }) => confidence < MEDIUM).sort((a, b) => a.confidence - b.confidence).slice(0, MAX_WORDS_TO_CHECK);
  if (!low.length) return null;
  return card("Words to check", h("h3", {}, "Words to check"),
    h("p", {}, low.map(({ text, confidence }, position) => [position ? ", " : "", h("bdi", {}, text), ` (${confidence.toFixed(0)})`])));
}

const level = (confidence) => (confidence >= HIGH ? "high" : confidence >= MEDIUM ? "medium" : "low");
