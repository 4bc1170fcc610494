// What a result of any type warns of, which stands above all else of it.

import { h } from "./elements.js";

/** A note of the sentences under `warnings` in the ledger's entry and in the result, each once; null where there are none. */
export function warningNote(file, result) {
  // A result may come from a slave of another kind, which may write anything there.
  const told = [file?.warnings, result?.warnings].filter(Array.isArray).flat();
  const sentences = [...new Set(told)].filter((one) => typeof one === "string" && one.trim());
  if (!sentences.length) return null;
  return h("section", { class: "notice warnings", role: "note", "aria-label": "Warnings" },
    h("h3", {}, sentences.length === 1 ? "Warning" : `${sentences.length} warnings`),
    sentences.length === 1 ? h("p", {}, sentences) : h("ul", {}, sentences.map((one) => h("li", {}, one))));
}
