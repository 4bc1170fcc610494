// The list of all jobs, newest first, a hundred at a time; those under way move.

import { get, jobPath } from "../api/client.js";
import { h, keep, title } from "../components/elements.js";
import { freshness } from "../components/staleness.js";
import { repeat } from "../timers.js";
import { isOver, watch } from "../api/job_events.js";
import { bar, button, waitingNote } from "../components/controls.js";
import { count, howItGoes, outOf, time } from "../format.js";

const AT_ONCE = 100;
/** Those watched live; all are asked for now and again anyway. */
const MOST_WATCHED = 6;

/** Draw the view into `place`; returns what ends it. */
export function show(place) {
  title(place, "Jobs");
  const [list, turning] = [h("div", { class: "stack live" }), h("div", { class: "actions" })];
  place.replaceChildren(h("h2", {}, "Jobs"), list, turning);
  const cards = new Map();
  const watched = new Map();
  const fresh = freshness(place, ask);
  let [ended, first] = [false, 0];

  function draw(job) {
    if (!cards.has(job.job_id)) cards.set(job.job_id, h("a", { class: "card job", href: `#${jobPath(job.job_id)}` }));
    const card = cards.get(job.job_id);
    keep(card, [JSON.stringify(job)], () => drawJob(job, fresh));
    return card;
  }

  async function ask() {
    const asked = first;
    // One more tells whether there are older ones.
    const { jobs } = await get(`/jobs?offset=${asked}&limit=${AT_ONCE + 1}`);
    if (ended || asked !== first) return;
    const shown = jobs.slice(0, AT_ONCE).map(draw);
    const none = first ? "No older jobs. " : "No job yet. ";
    keep(list, shown, () => (shown.length ? shown : h("p", { class: "card faint" }, none, h("a", { href: "#/" }, "Send some files"))));
    const [newer, older] = [first > 0, jobs.length > AT_ONCE];
    keep(turning, [newer, older], () => [newer ? button("Newer jobs", () => turn(-AT_ONCE)) : null, older ? button("Older jobs", () => turn(AT_ONCE)) : null]);
    for (const job of jobs.filter((one) => !isOver(one) && one.state !== "open")) follow(job.job_id);
  }

  function turn(by) {
    first = Math.max(0, first + by);
    scrollTo(0, 0);
    return fresh.ask();
  }

  function follow(jobId) {
    if (watched.size >= MOST_WATCHED || watched.has(jobId)) return;
    watched.set(jobId, watch(jobId, draw, () => watched.delete(jobId)));
  }

  const stop = repeat(fresh.ask);
  return () => {
    ended = true;
    stop();
    fresh.end();
    for (const unwatch of watched.values()) unwatch();
  };
}

function drawJob(job, fresh) {
  const ended = job.done_files + job.failed_files;
  return [
    h("div", { class: "split" },
      h("strong", {}, `${count(job.total_files, "file")} for ${job.task_type}`),
      h("span", { class: "faint" }, time(job.created_at))),
    bar(job.done_files, job.failed_files, job.total_files),
    h("div", { class: "split faint" }, fresh.say(h("span"), howItGoes(job), isOver(job)), h("span", {}, outOf(ended, job.total_files))),
    waitingNote(job),
  ];
}
