// Draws progress bars and the rows of bar charts.

import { h } from "./elements.js";

/** A progress bar; its `update(done, failed, total)` changes it. */
export function progressBar(done, failed, total) {
  const [doneBar, failedBar] = [h("div", { class: "bar-done" }), h("div", { class: "bar-failed" })];
  const element = h("div", { class: "bar", role: "progressbar", "aria-valuemin": 0, "aria-label": "Progress" }, doneBar, failedBar);
  element.update = (newDone, newFailed, newTotal) => {
    const percent = (number) => `${newTotal ? (100 * number) / newTotal : 0}%`;
    doneBar.style.width = percent(newDone);
    failedBar.style.width = percent(newFailed);
    element.setAttribute("aria-valuemax", newTotal);
    element.setAttribute("aria-valuenow", newDone + newFailed);
  };
  element.update(done, failed, total);
  return element;
}

/** A row of a bar chart: name, bar (`fraction` from 0 to 1), value. */
export function barRow(tag, name, fraction, value) {
  return h(tag, { class: "bar-row" }, h("span", { class: "truncate" }, name),
    h("span", { class: "bar" }, h("span", { class: "bar-done", style: { width: `${100 * fraction}%` } })), h("span", {}, value));
}
