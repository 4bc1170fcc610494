// How much the slaves of a job gained by working together, measured within that job.

import { get, isOver } from "./api.js";
import { bar, count, h, rate } from "./dom.js";

const MOST_JOBS = 20;
const ended = new Map();

/** What a job's slaves did of it, the best first; null where it was fewer than two. */
async function sharesOf(job) {
  if (ended.has(job.job_id)) return ended.get(job.job_id);
  const { by_slave: slaves } = await get(`/jobs/${job.job_id}/slaves`);
  const shares = Object.entries(slaves).sort(([, one], [, other]) => other - one);
  const found = shares.length > 1 ? shares : null;
  if (isOver(job)) ended.set(job.job_id, found);
  return found;
}

/** Draw the gain of a job into `place`, nothing where one slave did it alone. */
export async function drawGain(place, job) {
  const shares = await sharesOf(job);
  place.replaceChildren(...(shares ? [card(job, shares)] : []));
}

/** Draw the gain in the newest job that two slaves or more have shared. */
export async function drawNewestGain(place) {
  const { jobs } = await get(`/jobs?limit=${MOST_JOBS}`);
  for (const job of jobs) {
    const shares = job.done_files > 1 ? await sharesOf(job) : null;
    if (!shares) continue;
    const words = `${count(job.total_files, "file")} for ${job.task_type}`;
    place.replaceChildren(card(job, shares, h("a", { href: `#/jobs/${job.job_id}` }, isOver(job) ? `In the job of ${words}` : `In the job of ${words}, so far`)));
    return;
  }
  place.replaceChildren(h("section", { class: "card", "aria-label": "Gain" }, h("h3", {}, "Gain"),
    h("p", { class: "faint" }, "How much faster the cluster is than its best slave is measured within a job that two slaves or more have shared; there is none yet.")));
}

function card(job, shares, where = null) {
  const total = shares.reduce((sum, [, done]) => sum + done, 0);
  const [best, most] = shares[0];
  // Of one under way, the rate that is told is that of the last seconds.
  const together = isOver(job) ? job.files_per_second : null;
  return h("section", { class: "card", "aria-label": "Gain" },
    h("h3", {}, `${(total / most).toFixed(1)} times as fast as its best slave alone`),
    h("p", { class: "faint" }, where ?? (isOver(job) ? "Measured within this job" : "Measured within this job so far"),
      together ? `: ${rate(together)} together, of which ${best} did ${rate((together * most) / total)}.` : "."),
    h("ul", { class: "shares" }, shares.map(([name, done]) => h("li", {}, h("span", { class: "one-line" }, name), bar(done, 0, total, `Share of ${name}`), h("span", {}, count(done, "file"))))));
}
