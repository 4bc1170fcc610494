// How much the slaves of a job gained by working together, measured within that job.

import { get, jobPath } from "../api/client.js";
import { h, keep } from "./elements.js";
import { isOver } from "../api/job_events.js";
import { barLine } from "./controls.js";
import { count, rate } from "../format.js";

const MOST_JOBS = 20;
/** Of fewer files, a speed would say little. */
const LEAST_FILES = 5;
/** What was found of jobs that are over, by id. */
const known = new Map();

/** What each slave did of a job, the most first, with its own speed; null where fewer than two did enough. */
async function sharesOf(job) {
  if (known.has(job.job_id)) return known.get(job.job_id);
  const { by_slave: files, files_per_second: speeds, together } = await get(`${jobPath(job.job_id)}/slaves`);
  const shares = Object.entries(files).map(([name, done]) => ({ name, done, speed: speeds[name] ?? null })).sort((one, other) => other.done - one.done);
  const counting = shares.filter(({ done, speed }) => speed && done >= LEAST_FILES);
  const found = counting.length > 1 ? { shares, together, best: counting.reduce((one, other) => (other.speed > one.speed ? other : one)) } : null;
  if (isOver(job)) known.set(job.job_id, found);
  return found;
}

/** Draw the speed-up of a job into `place`, nothing where one slave did it alone, or too little was done. */
export async function drawSpeedup(place, job) {
  const found = await sharesOf(job);
  keep(place, [JSON.stringify([job, found])], () => (found ? card(job, found, "Measured within this job") : []));
}

/** Draw the speed-up in the newest job that two slaves or more have shared. */
export async function drawNewestSpeedup(place) {
  const { jobs } = await get(`/jobs?limit=${MOST_JOBS}`);
  for (const job of jobs) {
    const found = job.done_files > LEAST_FILES ? await sharesOf(job) : null;
    if (!found) continue;
    const link = h("a", { href: `#${jobPath(job.job_id)}` }, `Measured within the job of ${count(job.total_files, "file")} for ${job.task_type}`);
    keep(place, [JSON.stringify([job, found])], () => card(job, found, link));
    return;
  }
  keep(place, [null], () => h("section", { class: "card", "aria-label": "Speed-up" }, h("h3", {}, "Speed-up"),
    h("p", { class: "faint" }, `How much faster the cluster is than its best slave is measured within a job of which two slaves or more did ${LEAST_FILES} files each. No recent job qualifies.`)));
}

function card(job, { shares, together, best }, where) {
  return h("section", { class: "card", "aria-label": "Speed-up" },
    h("h3", {}, `Speed-up: ${(together / best.speed).toFixed(1)} times its best slave`),
    h("p", { class: "faint" }, where, `${isOver(job) ? "" : " so far"}: ${rate(together)} together, ${rate(best.speed)} by ${best.name} while it worked on it.`),
    h("ul", { role: "list", class: "bars" }, shares.map(({ name, done }) => barLine("li", name, done / job.done_files, count(done, "file")))));
}
