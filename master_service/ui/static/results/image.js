// A picture before and after, with a slider between the two.

import { h } from "../components/elements.js";
import { showInput } from "./media.js";

/** Draw the result; the browser can't show every kind of picture that was sent. */
export async function draw({ input, result, file }) {
  const sent = h("img", { alt: `${file.filename} as it was sent`, class: "before", hidden: true, onload: () => { sent.hidden = slider.hidden = false; } });
  const made = h("img", { src: await result(), alt: `${file.filename} in gray`, class: "after" });
  const slider = h("input", { type: "range", min: 0, max: 100, value: 50, hidden: true, "aria-label": "How much of the picture is shown as it was sent",
    oninput: () => part.style.setProperty("--part", `${slider.value}%`) });
  const part = h("div", { class: "slider" }, made, sent, slider);
  showInput(sent, input, () => {
    sent.remove();
    slider.remove();
    part.after(h("p", { class: "faint" }, "The picture as it was sent can't be shown."));
  });
  return h("section", { class: "card", "aria-label": "Before and after" }, part);
}
