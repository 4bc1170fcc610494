// A picture before and after, with a slider between the two.

import { h } from "../dom.js";

/** Draw the result; the browser can't show every kind of picture that was sent. */
export async function draw({ url, input, result, file }) {
  const [before, after] = await Promise.all([url(input).catch(() => ""), url(result)]);
  const sent = h("img", { src: before, alt: `${file.filename} as it was sent`, class: "before" });
  const made = h("img", { src: after, alt: `${file.filename} in gray`, class: "after" });
  const slider = h("input", { type: "range", min: 0, max: 100, value: 50, "aria-label": "How much of the picture is shown as it was sent",
    oninput: () => part.style.setProperty("--part", `${slider.value}%`) });
  const part = h("div", { class: "slider" }, made, sent, slider);
  sent.addEventListener("error", () => {
    sent.remove();
    slider.remove();
    part.after(h("p", { class: "faint" }, "The picture as it was sent can't be shown."));
  });
  return h("section", { class: "card", "aria-label": "Before and after" }, part);
}
