// Shows the speed-up of a job: its rate over that of its best slave.

import { get, jobPath } from "../api/client.js";
import { isFinal } from "../api/job_events.js";
import { count, rate } from "../format.js";
import { barRow } from "./bars.js";
import { card, h, renderIfChanged } from "./elements.js";

const MAX_JOBS = 20;
// A slave with fewer files has no meaningful rate.
const MIN_FILES = 5;
// By id of an ended job.
const cache = new Map();

// { slaves, together, best }, rates in files/s, slaves by descending files; null if fewer than two qualify.
async function getSpeedup(job) {
  if (cache.has(job.job_id)) return cache.get(job.job_id);
  const { by_slave: files, files_per_second: rates, together } = await get(`${jobPath(job.job_id)}/slaves`);
  const slaves = Object.entries(files).map(([name, done]) => ({ name, done, rate: rates[name] ?? null })).sort((a, b) => b.done - a.done);
  const qualified = slaves.filter((slave) => slave.rate && slave.done >= MIN_FILES);
  const speedup = qualified.length > 1 ? { slaves, together, best: qualified.reduce((a, b) => (b.rate > a.rate ? b : a)) } : null;
  if (isFinal(job)) cache.set(job.job_id, speedup);
  return speedup;
}

export async function renderSpeedup(container, job) {
  const speedup = await getSpeedup(job);
  renderIfChanged(container, [JSON.stringify([job, speedup])], () => (speedup ? speedupCard(job, speedup, "Measured in this job") : []));
}

export async function renderNewestSpeedup(container) {
  const { jobs } = await get(`/jobs?limit=${MAX_JOBS}`);
  for (const job of jobs) {
    const speedup = job.done_files > MIN_FILES ? await getSpeedup(job) : null;
    if (!speedup) continue;
    const link = h("a", { href: `#${jobPath(job.job_id)}` }, `Measured in the job of ${count(job.total_files, "file")} for ${job.task_type}`);
    renderIfChanged(container, [JSON.stringify([job, speedup])], () => speedupCard(job, speedup, link));
    return;
  }
  renderIfChanged(container, [null], () => card("Speed-up", h("h3", {}, "Speed-up"),
    h("p", { class: "muted" }, `The speed-up compares the whole cluster with its best slave, in a job of which at least two slaves processed ${MIN_FILES} files each. No recent job qualifies.`)));
}

function speedupCard(job, { slaves, together, best }, source) {
  return card("Speed-up",
    h("h3", {}, `Speed-up: ${(together / best.rate).toFixed(1)} times the best slave`),
    h("p", { class: "muted" }, source, `${isFinal(job) ? "" : " so far"}: ${rate(together)} by all slaves, ${rate(best.rate)} by ${best.name}.`),
    h("ul", { role: "list", class: "bar-chart" }, slaves.map(({ name, done }) => barRow("li", name, done / job.done_files, count(done, "file")))));
}
