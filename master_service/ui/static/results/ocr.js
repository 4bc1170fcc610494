// A page with a box around each word, in the color of how sure the reading is, and its text to copy.

import { h, svg } from "../components/elements.js";
import { facts, snippet } from "../components/controls.js";
import { outOf } from "../format.js";
import { showInput } from "./media.js";

/** Words that were read with less confidence than this are poor. */
const FAIR = 60;
const MOST_UNSURE = 50;

/** Draw the result. */
export async function draw({ json, input, file }) {
  const result = await json();
  const [width, height] = result.image_size;
  const page = h("img", { alt: `${file.filename} as it was sent` });
  const told = h("p", { role: "status", class: "faint" }, "Point at a word to see how it was read.");
  const boxes = svg("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" }, (result.words ?? []).map((word) => {
    const [x, y, w, boxHeight] = word.box;
    return svg("rect", { x, y, width: w, height: boxHeight, class: sureness(word.confidence),
      onpointerenter: () => told.replaceChildren(h("strong", {}, word.text), ` ${word.confidence.toFixed(0)} of 100`) });
  }));
  showInput(page, input, () => page.replaceWith(h("p", { class: "faint" }, "The page as it was sent can't be shown.")));
  return [
    h("section", { class: "card", "aria-label": "The page" }, h("div", { class: "page", style: { aspectRatio: `${width} / ${height}` } }, page, boxes), told,
      h("p", { class: "legend" }, ["sure", "fair", "poor"].map((kind) => h("span", { class: `tag ${kind}` }, { sure: "90 and more", fair: "60 to 90", poor: "less than 60" }[kind])))),
    unsure(result.words ?? []),
    h("section", { class: "card", "aria-label": "The text" }, h("h3", {}, "Text"), result.extracted_text ? snippet(result.extracted_text) : h("p", { class: "faint" }, "No text was found."),
      facts({ "Pages read": result.page_count > 1 ? outOf(result.pages_read ?? 1, result.page_count) : null, Words: result.word_count, Characters: result.character_count, "Confidence (of 100)": result.average_confidence, Size: `${width} × ${height}`, Mode: result.image_mode })),
  ];
}

/** The words to check first, for those as well who can't point at their boxes. */
function unsure(words) {
  const some = words.filter(({ confidence }) => confidence < FAIR).sort((one, other) => one.confidence - other.confidence).slice(0, MOST_UNSURE);
  if (!some.length) return null;
  return h("section", { class: "card", "aria-label": "Words to check" }, h("h3", {}, "Words to check"),
    h("p", {}, some.map(({ text, confidence }, place) => [place ? ", " : "", h("bdi", {}, text), ` (${confidence.toFixed(0)})`])));
}

const sureness = (confidence) => (confidence >= 90 ? "sure" : confidence >= FAIR ? "fair" : "poor");
