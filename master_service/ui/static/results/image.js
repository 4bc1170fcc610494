// Renders an image result: original and grayscale image with a slider between them.

import { card, h, propertyList } from "../components/elements.js";
import { loadMedia } from "./media.js";
import { pngTexts } from "./png_texts.js";

const FACTS = { camera: "Camera", date: "Taken", place: "Place (latitude, longitude)", perceptual_hash: "Perceptual hash" };

export async function renderImage({ inputUrl, resultBlob, resultUrl, file }) {
  const original = h("img", { alt: `${file.filename}, original`, class: "original", hidden: true, onload: () => { original.hidden = slider.hidden = false; } });
  const result = h("img", { src: await resultUrl(), alt: `${file.filename}, grayscale`, class: "grayscale" });
  const slider = h("input", { type: "range", min: 0, max: 100, value: 50, hidden: true, "aria-label": "Part of the original that is shown",
    oninput: () => comparison.style.setProperty("--position", `${slider.value}%`) });
  const comparison = h("div", { class: "comparison" }, result, original, slider);
  // Browsers can't show all image formats.
  // A browser shows SVG only by its media type, and within an image without scripts.
  loadMedia(original, () => inputUrl(/\.svg$/i.test(file.filename) ? "image/svg+xml" : undefined), () => {
    original.remove();
    slider.remove();
    comparison.after(h("p", { class: "muted" }, "The original can't be shown."));
  });
  return [card("Original and result", comparison), factsCard(await pngTexts(await resultBlob()))];
}

// What the option "facts" of the job asked for and the file states.
function factsCard(texts) {
  const found = Object.entries(FACTS).filter(([name]) => texts.has(name));
  return found.length ? card("Facts", h("h3", {}, "Facts"), propertyList(Object.fromEntries(found.map(([name, label]) => [label, texts.get(name)])))) : null;
}
