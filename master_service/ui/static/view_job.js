// One job: how it goes, what needs attention, its files, and the result of one of them.

import { get, isOver, post, remove, watch } from "./api.js";
import { bar, button, bytes, count, h, keep, rate } from "./dom.js";
import { showResult } from "./results/index.js";
import { virtualList } from "./rows.js";
import { howItGoes } from "./view_jobs.js";

const REFRESH_MS = 2000;
const FAILURES_SHOWN = 100;

/** What can be done about each kind of failure. */
const REMEDIES = {
  unsupported: "Not of a kind that this task type can use: choose another type for these.",
  corrupt: "Damaged: open and save them again, then send those.",
  encrypted: "They need a password: save copies without one.",
  empty: "There is nothing in them.",
  too_large: "Over a limit: split them or make them smaller.",
  timeout: "They took too long: split them, or raise FILE_TIMEOUT on the slaves.",
  out_of_memory: "They need more memory than a worker may take: make them smaller, or raise WORKER_MEMORY on the slaves.",
  crashed: "A library died over them: try to open and save them again.",
  internal: "A fault of this program: please report it.",
  no_slave: "Nobody was there to do them: start a slave, then retry.",
};

/** Draw the view into `place`; returns what ends it. */
export function show(place, page, [jobId, index]) {
  if (index !== undefined) return showResult(place, jobId, Number(index));
  const summary = h("section", { class: "card", "aria-label": "Progress" });
  const attention = h("div", { class: "stack" });
  const speed = h("div");
  const files = h("section", { class: "card", "aria-label": "Files" });
  place.replaceChildren(h("p", { class: "faint" }, h("a", { href: "#/jobs" }, "Jobs"), " / ", jobId), summary, attention, speed, files);
  const list = virtualList(
    async (offset, limit) => (await get(`/jobs/${jobId}?offset=${offset}&limit=${limit}`)).files,
    (file) => drawFile(jobId, file), "Files of this job");
  const state = { job: null, failed: -1, refreshed: 0, stopped: false };

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
    if (job.failed_files !== state.failed) drawAttention(job).catch(() => {});
    if (isOver(job)) drawSpeed().catch(() => {});
  }

  const [title, actions, progress, told] = [h("h2"), h("div", { class: "actions" }), bar(0, 0, 1), h("p", { role: "status" })];
  summary.append(h("div", { class: "split" }, title, actions), progress, told);

  function drawSummary(job) {
    const over = isOver(job);
    title.textContent = `${count(job.total_files, "file")} for ${job.task_type}`;
    keep(actions, `${over} ${over && job.failed_files} ${job.done_files > 0}`, () => [
      over ? null : button("Cancel", () => remove(`/jobs/${jobId}`).then(hear)),
      over && job.failed_files ? button(`Retry ${count(job.failed_files, "failed file")}`, retry) : null,
      job.done_files ? h("a", { class: "button primary", href: `/jobs/${jobId}/results.zip`, download: "" }, over ? "Download all" : "Download those done") : null,
    ]);
    progress.set(job.done_files, job.failed_files, job.total_files);
    told.textContent = `${job.done_files} of ${job.total_files} done. ${howItGoes(job)}`;
  }

  async function retry() {
    const { job_id: next } = await post(`/jobs/${jobId}/retry`);
    location.hash = `#/jobs/${next}`;
  }

  async function drawAttention(job) {
    if (!job.failed_files) return;
    const { files: failed } = await get(`/jobs/${jobId}?state=failed&limit=${FAILURES_SHOWN}`);
    state.failed = job.failed_files;
    const kinds = new Map();
    for (const file of failed) kinds.set(file.code, [...(kinds.get(file.code) ?? []), file]);
    const more = job.failed_files - failed.length;
    attention.replaceChildren(h("section", { class: "card", "aria-label": "Files that need attention" },
      h("h3", {}, `${count(job.failed_files, "file needs", "files need")} attention`),
      [...kinds].map(([code, some]) => h("details", { open: some.length < 10 },
        h("summary", {}, h("span", { class: "code" }, code), ` ${count(some.length, "file")}. ${REMEDIES[code] ?? ""}`),
        h("ul", {}, some.map((file) => h("li", {}, h("strong", {}, file.filename), `: ${file.error}`))))),
      more > 0 ? h("p", { class: "faint" }, `These are the first ${failed.length}; ${more} more are in the list below.`) : null));
  }

  async function drawSpeed() {
    const together = state.job.files_per_second;
    const { done_files: slaves } = await get(`/jobs/${jobId}/slaves`);
    const shares = Object.entries(slaves).sort(([, one], [, other]) => other - one);
    if (shares.length < 2 || !together) return;
    const total = shares.reduce((sum, [, done]) => sum + done, 0);
    const [best, most] = shares[0];
    speed.replaceChildren(h("section", { class: "card", "aria-label": "Speed" },
      h("h3", {}, `${(total / most).toFixed(1)} times as fast as its best slave alone`),
      h("p", { class: "faint" }, `Measured within this job: ${rate(together)} together, of which ${best} did ${rate((together * most) / total)}.`),
      h("ul", { class: "shares" }, shares.map(([name, done]) => h("li", {}, h("span", {}, name), bar(done, 0, total), h("span", {}, count(done, "file")))))));
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
