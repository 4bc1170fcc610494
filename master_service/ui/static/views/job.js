// The view of one job: progress, failures, speed-up and files.

import { get, jobPath, newKey, post, remove } from "../api/client.js";
import { followJob, isFinal } from "../api/job_events.js";
import { progressBar } from "../components/bars.js";
import { button } from "../components/controls.js";
import { h, renderIfChanged, setTitle } from "../components/elements.js";
import { failuresCard } from "../components/failures_card.js";
import { waitingNote } from "../components/notes.js";
import { renderSpeedup } from "../components/speedup_card.js";
import { trackStaleness } from "../components/staleness.js";
import { virtualList } from "../components/virtual_list.js";
import { bytes, count, jobState, number, outOf } from "../format.js";
import { repeat, throttled } from "../timers.js";

// For files and speed-up; the job itself is followed live.
const REFRESH_MS = 5000;

const ACTIVE_FILE_STATES = new Set(["queued", "running"]);

// By job id.
const listPositions = new Map();

export function showJob(container, page, [jobId]) {
  const path = jobPath(jobId);
  const staleness = trackStaleness(container, async () => update(await get(`${path}?limit=0`)));
  const summary = summaryCard(container, path, staleness);
  const failures = failuresCard(path);
  const speedup = h("div", { class: "live-data" });
  const list = virtualList(
    async (offset, limit) => (await get(`${path}?offset=${offset}&limit=${limit}`)).files,
    (file) => fileRow(path, file, staleness), "Files of this job");
  let [job, unfollow] = [null, () => {}];
  let renderedDone = 0;
  const refresh = throttled(refreshDetails, REFRESH_MS);

  function update(newJob) {
    job = newJob;
    staleness.markFresh();
    summary.update(job);
    list.setTotal(job.total_files);
    failures.update(job);
    if (isFinal(job)) refresh.runNow();
    else refresh.schedule();
  }

  async function refreshDetails() {
    const { done_files: done } = job;
    // If one fails, the other is still rendered.
    await allOrThrow([list.refresh(), done !== renderedDone || isFinal(job) ? renderSpeedup(speedup, job) : null]);
    renderedDone = done;
  }

  setTitle(container, "Job");
  const position = listPositions.get(jobId);
  const files = h("section", { class: "card live-data", "aria-label": "Files" }, h("h3", {}, "Files"), list.element);
  async function load() {
    try {
      const loaded = await get(`${path}?limit=0`);
      stopLoading();
      if (!container.isConnected) return;
      container.replaceChildren(h("p", { class: "muted" }, h("a", { href: "#/jobs" }, "Jobs"), " / ", jobId), summary.element, failures.element, speedup, files);
      update(loaded);
      if (position) list.restore(position);
      if (!isFinal(loaded)) unfollow = followJob(jobId, update);
    } catch (error) {
      container.replaceChildren(h("p", { class: "card error" }, error.message));
      if (error.status === 404) stopLoading();
      throw error;
    }
  }

  const stopLoading = repeat(load);
  return () => {
    if (job) listPositions.set(jobId, list.position());
    stopLoading();
    staleness.stop();
    refresh.stop();
    failures.stop();
    unfollow();
  };
}

async function allOrThrow(promises) {
  const failed = (await Promise.allSettled(promises)).find(({ status }) => status === "rejected");
  if (failed) throw failed.reason;
}

function summaryCard(container, path, staleness) {
  const [heading, actions, progress, status] = [h("h2"), h("div", { class: "actions" }), progressBar(0, 0, 1), h("p", { role: "status" })];
  const waiting = h("div", { "aria-live": "polite" });
  const element = h("section", { class: "card live-data", "aria-label": "Progress" }, h("div", { class: "spread" }, heading, actions), progress, status, waiting);
  const retryKey = newKey();
  // Never replaced: a new button between mouse down and up would lose the click.
  const cancel = button("Cancel", () => remove(path).then(update));

  function update(job) {
    const ended = isFinal(job);
    heading.textContent = `${count(job.total_files, "file")} for ${job.task_type}`;
    setTitle(container, ended ? heading.textContent : `${number(job.done_files + job.failed_files)} of ${heading.textContent}`);
    renderIfChanged(actions, [ended, ended && job.failed_files, job.done_files > 0], () => [
      ended ? null : cancel,
      ended && job.failed_files ? button(`Retry ${count(job.failed_files, "failed file")}`, retry) : null,
      job.done_files ? h("a", { class: "button primary", href: `${path}/results.zip`, download: "" }, ended ? "Download results" : "Download results so far") : null,
    ]);
    progress.update(job.done_files, job.failed_files, job.total_files);
    // Screen readers announce the end, not each of up to ten changes a second.
    status.setAttribute("aria-live", ended ? "polite" : "off");
    staleness.setText(status, `${outOf(job.done_files, job.total_files)} done. ${jobState(job)}`, ended);
    renderIfChanged(waiting, [ended ? null : job.waiting_for], () => waitingNote(job));
  }

  async function retry() {
    const { job_id: newJob } = await post(`${path}/retry`, { key: retryKey });
    location.hash = `#${jobPath(newJob)}`;
  }

  return { element, update };
}

function fileRow(path, file, staleness) {
  return h("a", { class: "row", "data-key": `file-${file.index}`, href: `#${path}/${file.index}`, title: file.filename },
    stateBadge(file, staleness),
    h("span", { class: "truncate grow" }, file.filename),
    file.warnings?.length ? h("span", { class: "tag medium", title: file.warnings.join("\n") }, "warning") : null,
    h("span", { class: "muted wide-only" }, file.slave ?? ""),
    h("span", { class: "muted" }, bytes(file.size)));
}

function stateBadge({ state }, staleness) {
  const element = h("span", { class: `state ${state}` }, state);
  // A final state can't become stale.
  return ACTIVE_FILE_STATES.has(state) ? staleness.setState(element, state) : element;
}
