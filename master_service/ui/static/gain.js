// How much the slaves of a job gained by working together, measured within that job.

import { get, jobPath } from "./api.js";
import { h, keep } from "./dom.js";
import { isOver } from "./watching.js";
import { barLine } from "./widgets.js";
import { count, rate } from "./words.js";

const MOST_JOBS = 20;
/** What was found of jobs that are over, by id. */
const known = new Map();

/** What a job's slaves did of it, the best first; null where it was fewer than two. */
async function sharesOf(job) {
  if (known.has(job.job_id)) return known.get(job.job_id);
  const { by_slave: slaves } = await get(`${jobPath(job.job_id)}/slaves`);
  const shares = Object.entries(slaves).sort(([, one], [, other]) => other - one);
  const found = shares.length > 1 ? shares : null;
  if (isOver(job)) known.set(job.job_id, found);
  return found;
}

/** Draw the gain of a job into `place`, nothing where one slave did it alone. */
export async function drawGain(place, job) {
  const shares = await sharesOf(job);
  keep(place, [JSON.stringify([job, shares])], () => (shares ? card(job, shares, "Measured within this job") : []));
}

/** Draw the gain in the newest job that two slaves or more have shared. */
export async function drawNewestGain(place) {
  const { jobs } = await get(`/jobs?limit=${MOST_JOBS}`);
  for (const job of jobs) {
    const shares = job.done_files > 1 ? await sharesOf(job) : null;
    if (!shares) continue;
    const link = h("a", { href: `#${jobPath(job.job_id)}` }, `Measured within the job of ${count(job.total_files, "file")} for ${job.task_type}`);
    keep(place, [JSON.stringify([job, shares])], () => card(job, shares, link));
    return;
  }
  keep(place, [null], () => h("section", { class: "card", "aria-label": "Gain" }, h("h3", {}, "Gain"),
    h("p", { class: "faint" }, "How much faster the cluster is than its best slave is measured within a job that two slaves or more have shared. No job of late was.")));
}

function card(job, shares, where) {
  const total = shares.reduce((sum, [, done]) => sum + done, 0);
  const [best, most] = shares[0];
  // Of a job under way, the rate that is told is that of the last seconds. Failed files count in it, and not here.
  const together = isOver(job) ? (job.files_per_second * job.done_files) / (job.done_files + job.failed_files) : null;
  return h("section", { class: "card", "aria-label": "Gain" },
    h("h3", {}, `Gain: ${(total / most).toFixed(1)} times its best slave`),
    h("p", { class: "faint" }, where, together
      ? `: ${rate(together)} together, of which ${best} did ${rate((together * most) / total)}.`
      : ` so far: ${count(total, "file")} together, of which ${best} did ${most.toLocaleString("en")}.`),
    h("ul", { class: "bars" }, shares.map(([name, done]) => barLine("li", name, done / total, count(done, "file")))));
}
