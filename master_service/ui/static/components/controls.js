// Creates buttons and text to copy.

import { h } from "./elements.js";

/** A button for an async action: ignores presses while that runs, and shows its error. */
export function button(text, act, className = "") {
  const error = h("span", { class: "error", role: "alert" });
  const element = h("button", { type: "button", class: className, onclick: async () => {
    if (element.hasAttribute("aria-busy")) return;
    // `disabled` would lose the focus.
    element.setAttribute("aria-busy", "true");
    error.remove();
    try {
      await act();
    } catch (reason) {
      error.textContent = reason.message;
      element.after(error);
    } finally {
      element.removeAttribute("aria-busy");
    }
  } }, text);
  return element;
}

export function snippet(text) {
  const copy = button("Copy", async () => {
    // Without TLS, browsers offer no clipboard API except on localhost.
    if (navigator.clipboard) await navigator.clipboard.writeText(text);
    else selectAndCopy(code);
    copy.textContent = navigator.clipboard ? "Copied" : "Selected";
    setTimeout(() => { copy.textContent = "Copy"; }, 2000);
  });
  const code = h("code", { tabindex: 0 }, text);
  return h("div", { class: "snippet" }, code, copy);
}

function selectAndCopy(element) {
  getSelection().selectAllChildren(element);
  document.execCommand("copy");
}
