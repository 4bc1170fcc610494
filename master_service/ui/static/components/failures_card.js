// Lists a job's failed files by failure code, with what the user can do.

import { get } from "../api/client.js";
import { isFinal } from "../api/job_events.js";
import { count } from "../format.js";
import { throttled } from "../timers.js";
import { button } from "./controls.js";
import { h, renderIfChanged } from "./elements.js";

const FILES_PER_STEP = 100;
const MAX_FILES = 10_000;
const REFRESH_MS = 5000;
// Codes with fewer files than this are expanded at first.
const MAX_EXPANDED = 10;

const REMEDIES = {
  unsupported: "This task type can't process the format: choose another type.",
  corrupt: "Damaged: open the file, save it again, and send the new copy.",
  encrypted: "Protected by a password: save a copy without one.",
  empty: "The file is empty.",
  too_large: "Over a limit: split the file or make it smaller.",
  timeout: "Processing took too long: split the file, or raise FILE_TIMEOUT on the slaves.",
  out_of_memory: "A worker's memory limit was reached: make the file smaller, or raise WORKER_MEMORY on the slaves.",
  crashed: "A library crashed on this file: open it and save it again.",
  internal: "An error in this program: please report it.",
  no_slave: "No slave was available: start one, then retry on the job's page.",
};

/** A card that is shown once files have failed; call `update(job)` on changes. */
export function failuresCard(path) {
  const [heading, list] = [h("h3"), h("div", { class: "stack" })];
  const card = h("section", { class: "card live-data", "aria-label": "Files that need attention" }, heading, list);
  const element = h("div");
  const sections = new Map();
  const refresh = throttled(fetchAndRender, REFRESH_MS);
  let [failedFiles, wasFinal] = [0, false];

  function update(job) {
    // The last failure and the job's end can be separate changes.
    const hasChanged = job.failed_files !== failedFiles || (failedFiles > 0 && isFinal(job) !== wasFinal);
    [failedFiles, wasFinal] = [job.failed_files, isFinal(job)];
    if (!hasChanged) return;
    if (wasFinal) refresh.runNow();
    else refresh.schedule();
  }

  async function fetchAndRender() {
    const { by_code: counts } = await get(`${path}/failures`);
    const codes = Object.keys(counts).sort((a, b) => counts[b] - counts[a]);
    heading.textContent = `${count(Object.values(counts).reduce((sum, files) => sum + files, 0), "file needs", "files need")} attention`;
    for (const code of codes) if (!sections.has(code)) sections.set(code, codeSection(path, code, counts[code] < MAX_EXPANDED));
    renderIfChanged(list, codes, () => codes.map((code) => sections.get(code).element));
    renderIfChanged(element, [codes.length > 0], () => (codes.length ? card : []));
    await Promise.all(codes.map((code) => sections.get(code).update(counts[code])));
  }

  return { element, update, stop: refresh.stop };
}

function codeSection(path, code, open) {
  const [summary, files, error, more] = [h("span"), h("ul"), h("p", { class: "error", role: "alert" }), h("div")];
  const element = h("details", { open, ontoggle: () => { if (element.open) load().catch(showError); } },
    h("summary", {}, h("span", { class: "failure-code" }, code), " ", summary), files, error, more);
  const showMore = button("Show more", () => {
    limit = Math.min(MAX_FILES, limit + FILES_PER_STEP);
    return load();
  });
  let [total, loadedTotal, limit, requests] = [0, 0, FILES_PER_STEP, 0];

  async function update(newTotal) {
    total = newTotal;
    summary.textContent = `${count(total, "file")}. ${REMEDIES[code] ?? ""}`;
    if (element.open && element.isConnected && loadedTotal !== newTotal) await load();
  }

  async function load() {
    // All again: while the job runs, a new failure can be anywhere in the list.
    requests += 1;
    const [order, newTotal] = [requests, total];
    const { files: failed } = await get(`${path}?code=${encodeURIComponent(code)}&limit=${limit}`);
    if (order < requests) return; // a later request asks for more
    loadedTotal = newTotal;
    error.textContent = "";
    files.replaceChildren(...failed.map((file) => h("li", {}, h("strong", {}, h("bdi", {}, file.filename)), `: ${file.error}`)));
    const hasMore = total > failed.length;
    renderIfChanged(more, [hasMore, limit < MAX_FILES], () => {
      if (!hasMore) return [];
      return limit < MAX_FILES ? showMore : h("p", { class: "muted" }, "No more are shown here; the list of the job's files has all.");
    });
  }

  function showError(reason) {
    error.textContent = reason.message;
  }

  return { element, update };
}
