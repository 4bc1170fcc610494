// The list of all jobs, newest first; those under way move.

import { get, isOver, watch } from "./api.js";
import { bar, button, count, duration, h, keep, rate, time, title } from "./dom.js";

const AT_ONCE = 100;
const ASK_MS = 5000;
const WATCHED = 6; // a browser opens few connections to one host

/** Draw the view into `place`; returns what ends it. */
export function show(place) {
  title("Jobs");
  const [list, more] = [h("div", { class: "stack" }), h("div", { class: "actions" })];
  place.replaceChildren(h("h2", {}, "Jobs"), list, more);
  const cards = new Map();
  const watched = new Map();
  let ended = false;

  function draw(job) {
    if (!cards.has(job.job_id)) cards.set(job.job_id, h("a", { class: "card job", href: `#/jobs/${job.job_id}` }));
    const card = cards.get(job.job_id);
    keep(card, [JSON.stringify(job)], () => drawJob(job));
    card.createdAt = job.created_at;
  }

  /** The newest are asked for again and again; older ones when they are wanted, and then they stay. */
  async function ask(offset = 0) {
    const { jobs } = await get(`/jobs?offset=${offset}&limit=${AT_ONCE}`);
    if (ended) return;
    jobs.forEach(draw);
    const newestFirst = [...cards.values()].sort((one, other) => other.createdAt.localeCompare(one.createdAt));
    // What stands there stays, so that it can be pressed and keeps the focus.
    keep(list, newestFirst, () => (newestFirst.length ? newestFirst : h("p", { class: "card faint" }, "No job yet. ", h("a", { href: "#/" }, "Send some files"))));
    if (offset || cards.size <= AT_ONCE) keep(more, [jobs.length < AT_ONCE], () => (jobs.length < AT_ONCE ? [] : button("Show older ones", () => ask(cards.size))));
    for (const job of jobs.filter((one) => !isOver(one) && one.state !== "open")) {
      if (watched.size < WATCHED && !watched.has(job.job_id)) watched.set(job.job_id, watch(job.job_id, hear));
    }
  }

  function hear(job) {
    draw(job);
    if (isOver(job)) watched.delete(job.job_id);
  }

  const askAgain = () => ask().catch(() => {}); // the trouble is told above the view
  askAgain();
  const asking = setInterval(askAgain, ASK_MS);
  return () => {
    ended = true;
    clearInterval(asking);
    for (const stop of watched.values()) stop();
  };
}

function drawJob(job) {
  const ended = job.done_files + job.failed_files;
  return [
    h("div", { class: "split" },
      h("strong", {}, `${count(job.total_files, "file")} for ${job.task_type}`),
      h("span", { class: "faint" }, time(job.created_at))),
    bar(job.done_files, job.failed_files, job.total_files),
    h("div", { class: "split faint" }, h("span", {}, howItGoes(job)), h("span", {}, `${ended} of ${job.total_files}`)),
  ];
}

/** A job's state in words, with rate and time left while it is under way. */
export function howItGoes(job) {
  const failed = job.failed_files ? `, ${job.failed_files} failed` : "";
  if (job.state === "open") return "Being sent";
  if (job.state === "queued") return job.waiting_for ?? "Waiting its turn";
  if (job.state === "cancelled") return `Cancelled after ${count(job.done_files, "file")}${failed}`;
  if (job.state === "done") return `Finished${failed}`;
  const speed = job.files_per_second ? `, ${rate(job.files_per_second)}` : "";
  const left = job.seconds_left ? `, ${duration(job.seconds_left)} left` : "";
  return job.waiting_for ?? `Under way${speed}${left}${failed}`;
}
