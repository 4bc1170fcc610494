// One job: how it goes, what needs attention, its files, and the result of one of them.

import { get, isOver, newKey, post, remove, watch } from "./api.js";
import { bar, button, bytes, count, h, keep, title } from "./dom.js";
import { drawGain } from "./gain.js";
import { showResult } from "./results/index.js";
import { virtualList } from "./rows.js";
import { failures } from "./view_failures.js";
import { howItGoes } from "./view_jobs.js";

const REFRESH_MS = 2000;

/** Draw the view into `place`; returns what ends it. */
export function show(place, page, [jobId, index]) {
  if (index !== undefined) return showResult(place, jobId, Number(index));
  const summary = h("section", { class: "card", "aria-label": "Progress" });
  const attention = failures(jobId);
  const gain = h("div");
  const files = h("section", { class: "card", "aria-label": "Files" });
  place.replaceChildren(h("p", { class: "faint" }, h("a", { href: "#/jobs" }, "Jobs"), " / ", jobId), summary, attention.element, gain, files);
  const list = virtualList(
    async (offset, limit) => (await get(`/jobs/${jobId}?offset=${offset}&limit=${limit}`)).files,
    (file) => drawFile(jobId, file), "Files of this job");
  const retryKey = newKey();
  const state = { job: null, refreshed: 0, stopped: false };

  function hear(job) {
    if (state.stopped) return;
    const changed = JSON.stringify(job) !== JSON.stringify(state.job);
    state.job = job;
    if (changed) drawSummary(job);
    list.setTotal(job.total_files);
    clearTimeout(state.later);
    const wait = isOver(job) ? 0 : Math.max(0, state.refreshed + REFRESH_MS - performance.now());
    state.later = setTimeout(refresh, wait);
  }

  function refresh() {
    const { job } = state;
    state.refreshed = performance.now();
    list.refresh();
    // What can't be had now is asked for with the next news.
    if (job.failed_files) attention.draw().catch(() => {});
    if (job.done_files) drawGain(gain, job).catch(() => {});
  }

  title("A job");
  const [heading, actions, progress, told] = [h("h2"), h("div", { class: "actions" }), bar(0, 0, 1), h("p", { role: "status" })];
  summary.append(h("div", { class: "split" }, heading, actions), progress, told);

  function drawSummary(job) {
    const over = isOver(job);
    heading.textContent = `${count(job.total_files, "file")} for ${job.task_type}`;
    title(over ? heading.textContent : `${job.done_files + job.failed_files} of ${heading.textContent}`);
    keep(actions, [over, over && job.failed_files, job.done_files > 0], () => [
      over ? null : button("Cancel", () => remove(`/jobs/${jobId}`).then(hear)),
      over && job.failed_files ? button(`Retry ${count(job.failed_files, "failed file")}`, retry) : null,
      job.done_files ? h("a", { class: "button primary", href: `/jobs/${jobId}/results.zip`, download: "" }, over ? "Download all" : "Download those done") : null,
    ]);
    progress.set(job.done_files, job.failed_files, job.total_files);
    // To be read out when it is over, not ten times a second.
    told.ariaLive = over ? "polite" : "off";
    told.textContent = `${job.done_files} of ${job.total_files} done. ${howItGoes(job)}`;
  }

  async function retry() {
    const { job_id: next } = await post(`/jobs/${jobId}/retry`, undefined, retryKey);
    location.hash = `#/jobs/${next}`;
  }

  get(`/jobs/${jobId}?limit=0`).then((job) => {
    files.replaceChildren(h("h3", {}, "Files"), list.element);
    hear(job);
    if (!isOver(job) && !state.stopped) state.unwatch = watch(jobId, hear);
  }, (error) => place.replaceChildren(h("p", { class: "card error" }, error.message)));
  return () => {
    state.stopped = true;
    clearTimeout(state.later);
    state.unwatch?.();
  };
}

function drawFile(jobId, file) {
  const inside = [
    h("span", { class: `state ${file.state}` }, file.state),
    h("span", { class: "one-line grow" }, file.filename),
    h("span", { class: "faint only-wide" }, file.slave ?? ""),
    h("span", { class: "faint" }, bytes(file.size)),
  ];
  const key = `file-${file.index}`;
  return h("a", { class: "row", "data-key": key, href: `#/jobs/${jobId}/${file.index}` }, inside);
}
