// Creates the notes above other content: what a job waits for, and what a result warns of.

import { isFinal } from "../api/job_events.js";
import { h } from "./elements.js";

/** What a job waits for, or null. */
export function waitingNote(job) {
  return job.waiting_for && !isFinal(job) ? h("p", { class: "notice" }, h("strong", {}, "Waiting: "), job.waiting_for) : null;
}

/** The distinct `warnings` of a ledger entry and its result, or null. */
export function warningNote(file, result) {
  // The result may come from another slave program, with any type of value.
  const all = [file?.warnings, result?.warnings].filter(Array.isArray).flat();
  const warnings = [...new Set(all)].filter((warning) => typeof warning === "string" && warning.trim());
  if (!warnings.length) return null;
  return h("section", { class: "notice warnings", role: "note", "aria-label": "Warnings" },
    h("h3", {}, warnings.length === 1 ? "Warning" : `${warnings.length} warnings`),
    warnings.length === 1 ? h("p", {}, warnings) : h("ul", {}, warnings.map((warning) => h("li", {}, warning))));
}
