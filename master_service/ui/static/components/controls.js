// The parts that many views are made of: bars, buttons, text to copy, figures.

import { h } from "./elements.js";

/** A bar of done, failed and what is left; `set` moves it. */
export function bar(done, failed, total, label = "Progress") {
  const [good, bad] = [h("div", { class: "bar-done" }), h("div", { class: "bar-failed" })];
  const element = h("div", { class: "bar", role: "progressbar", "aria-valuemin": 0, "aria-label": label }, good, bad);
  element.set = (nowDone, nowFailed, nowTotal) => {
    const part = (number) => `${nowTotal ? (100 * number) / nowTotal : 0}%`;
    good.style.width = part(nowDone);
    bad.style.width = part(nowFailed);
    element.setAttribute("aria-valuemax", nowTotal);
    element.setAttribute("aria-valuenow", nowDone + nowFailed);
  };
  element.set(done, failed, total);
  return element;
}

/** What a job waits for, while it does; else nothing. */
export function waitingNote({ state, waiting_for: sentence }) {
  return sentence && !["done", "cancelled"].includes(state) ? h("p", { class: "notice" }, h("strong", {}, "Waiting: "), sentence) : null;
}

/** A line of a chart of bars: a name, a bar as long as `part` (0 to 1) says, and a figure. */
export function barLine(tag, name, part, figure) {
  return h(tag, { class: "bar-line" }, h("span", { class: "one-line" }, name),
    h("span", { class: "bar" }, h("span", { class: "bar-done", style: { width: `${100 * part}%` } })), h("span", {}, figure));
}

/** A button; while what it does is under way it can't be pressed again, and what goes wrong stands beside it. */
export function button(text, act, kind = "") {
  const trouble = h("span", { class: "error", role: "alert" });
  const element = h("button", { type: "button", class: kind, onclick: async () => {
    if (element.hasAttribute("aria-busy")) return;
    // A disabled button would lose the focus.
    element.setAttribute("aria-busy", "true");
    trouble.remove();
    try {
      await act();
    } catch (error) {
      trouble.textContent = error.message;
      element.after(trouble);
    } finally {
      element.removeAttribute("aria-busy");
    }
  } }, text);
  return element;
}

/** Text to paste elsewhere, with a button that copies it. */
export function snippet(text) {
  const copy = button("Copy", async () => {
    // Browsers give the clipboard itself to pages over TLS alone.
    if (navigator.clipboard) await navigator.clipboard.writeText(text);
    else select(code);
    copy.textContent = navigator.clipboard ? "Copied" : "Selected";
    setTimeout(() => { copy.textContent = "Copy"; }, 2000);
  });
  const code = h("code", { tabindex: 0 }, text);
  return h("div", { class: "snippet" }, code, copy);
}

function select(element) {
  getSelection().selectAllChildren(element);
  document.execCommand("copy");
}

/** Figures with their names, as a list of pairs; those that are not there are left out. */
export function facts(pairs) {
  return h("dl", { class: "facts" }, Object.entries(pairs).filter(([, value]) => value !== "" && value !== null && value !== undefined)
    .map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, typeof value === "number" ? value.toLocaleString("en") : value))));
}
