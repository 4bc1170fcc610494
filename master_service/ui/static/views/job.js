// One job: how it goes, what needs attention, its files, and the result of one of them.

import { get, jobPath, newKey, post, remove } from "../api/client.js";
import { h, keep, title } from "../components/elements.js";
import { freshness } from "../components/staleness.js";
import { drawSpeedup } from "../components/speedup_card.js";
import { showResult } from "./result.js";
import { virtualList } from "../components/virtual_list.js";
import { paced, repeat } from "../timers.js";
import { failures } from "../components/failures_card.js";
import { isOver, watch } from "../api/job_events.js";
import { bar, button, waitingNote } from "../components/controls.js";
import { bytes, count, howItGoes, outOf } from "../format.js";

/** How often files and shares are asked for; the job itself is heard of live. */
const REFRESH_MS = 5000;

/** The states of a file that another one follows. */
const PASSING = new Set(["queued", "running"]);

/** Where in the list of each job somebody was last. */
const cameFrom = new Map();

/** Draw the view into `place`; returns what ends it. */
export function show(place, page, [jobId, index]) {
  if (index !== undefined) return showResult(place, jobId, Number(index));
  const path = jobPath(jobId);
  const fresh = freshness(place, async () => hear(await get(`${path}?limit=0`)));
  const summary = summaryCard(place, path, fresh);
  const attention = failures(path);
  const speedup = h("div", { class: "live" });
  const list = virtualList(
    async (offset, limit) => (await get(`${path}?offset=${offset}&limit=${limit}`)).files,
    (file) => drawFile(path, file, fresh), "Files of this job");
  let [job, unwatch] = [null, () => {}];
  let drawnDone = 0;
  const refresh = paced(refreshNow, REFRESH_MS);

  function hear(news) {
    job = news;
    fresh.heard();
    summary.draw(job);
    list.setTotal(job.total_files);
    attention.hear(job);
    if (isOver(job)) refresh.now();
    else refresh.soon();
  }

  async function refreshNow() {
    const { done_files: done } = job;
    // Each that can be had is drawn; if one can't, both are asked for again.
    await everyOne([list.refresh(), done !== drawnDone || isOver(job) ? drawSpeedup(speedup, job) : null]);
    drawnDone = done;
  }

  title(place, "A job");
  const came = cameFrom.get(jobId);
  const files = h("section", { class: "card live", "aria-label": "Files" }, h("h3", {}, "Files"), list.element);
  async function begin() {
    try {
      const found = await get(`${path}?limit=0`);
      stopBeginning();
      if (!place.isConnected) return;
      place.replaceChildren(h("p", { class: "faint" }, h("a", { href: "#/jobs" }, "Jobs"), " / ", jobId), summary.element, attention.element, speedup, files);
      hear(found);
      if (came) list.goTo(came);
      if (!isOver(found)) unwatch = watch(jobId, hear);
    } catch (error) {
      place.replaceChildren(h("p", { class: "card error" }, error.message));
      if (error.status === 404) stopBeginning();
      throw error; // which has it done again
    }
  }

  const stopBeginning = repeat(begin);
  return () => {
    if (job) cameFrom.set(jobId, list.where());
    stopBeginning();
    fresh.end();
    refresh.stop();
    attention.end();
    unwatch();
  };
}

async function everyOne(promises) {
  const failed = (await Promise.allSettled(promises)).find(({ status }) => status === "rejected");
  if (failed) throw failed.reason;
}

function summaryCard(place, path, fresh) {
  const [heading, actions, progress, told] = [h("h2"), h("div", { class: "actions" }), bar(0, 0, 1), h("p", { role: "status" })];
  const waiting = h("div", { "aria-live": "polite" });
  const element = h("section", { class: "card live", "aria-label": "Progress" }, h("div", { class: "split" }, heading, actions), progress, told, waiting);
  const retryKey = newKey();
  // It stays the same, so that pressing it once is enough.
  const cancel = button("Cancel", () => remove(path).then(draw));

  function draw(job) {
    const over = isOver(job);
    heading.textContent = `${count(job.total_files, "file")} for ${job.task_type}`;
    title(place, over ? heading.textContent : `${(job.done_files + job.failed_files).toLocaleString("en")} of ${heading.textContent}`);
    keep(actions, [over, over && job.failed_files, job.done_files > 0], () => [
      over ? null : cancel,
      over && job.failed_files ? button(`Retry ${count(job.failed_files, "failed file")}`, retry) : null,
      job.done_files ? h("a", { class: "button primary", href: `${path}/results.zip`, download: "" }, over ? "Download results" : "Download those done") : null,
    ]);
    progress.set(job.done_files, job.failed_files, job.total_files);
    // To be read out when it is over, not ten times a second.
    told.setAttribute("aria-live", over ? "polite" : "off");
    fresh.say(told, `${outOf(job.done_files, job.total_files)} done. ${howItGoes(job)}`, over);
    keep(waiting, [over ? null : job.waiting_for], () => waitingNote(job));
  }

  async function retry() {
    const { job_id: next } = await post(`${path}/retry`, { key: retryKey });
    location.hash = `#${jobPath(next)}`;
  }

  return { element, draw };
}

function drawFile(path, file, fresh) {
  return h("a", { class: "row", "data-key": `file-${file.index}`, href: `#${path}/${file.index}`, title: file.filename },
    stateOf(file, fresh),
    h("span", { class: "one-line grow" }, file.filename),
    file.warnings?.length ? h("span", { class: "tag fair", title: file.warnings.join("\n") }, "warning") : null,
    h("span", { class: "faint only-wide" }, file.slave ?? ""),
    h("span", { class: "faint" }, bytes(file.size)));
}

/** The state of a file, which can be out of date unless it is the last one. */
function stateOf({ state }, fresh) {
  const element = h("span", { class: `state ${state}` }, state);
  return PASSING.has(state) ? fresh.badge(element, state) : element;
}
