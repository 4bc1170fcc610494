// Renders an image result: original and grayscale image with a slider between them.

import { card, h } from "../components/elements.js";
import { loadMedia } from "./media.js";

export async function renderImage({ inputUrl, resultUrl, file }) {
  const original = h("img", { alt: `${file.filename}, original`, class: "original", hidden: true, onload: () => { original.hidden = slider.hidden = false; } });
  const result = h("img", { src: await resultUrl(), alt: `${file.filename}, grayscale`, class: "grayscale" });
  const slider = h("input", { type: "range", min: 0, max: 100, value: 50, hidden: true, "aria-label": "Part of the original that is shown",
    oninput: () => comparison.style.setProperty("--position", `${slider.value}%`) });
  const comparison = h("div", { class: "comparison" }, result, original, slider);
  // Browsers can't show all image formats.
  loadMedia(original, inputUrl, () => {
    original.remove();
    slider.remove();
    comparison.after(h("p", { class: "muted" }, "The original can't be shown."));
  });
  return card("Original and result", comparison);
}
