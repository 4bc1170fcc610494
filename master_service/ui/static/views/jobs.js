// The view "Jobs": all jobs, newest first, a hundred per page.

import { get, jobPath } from "../api/client.js";
import { followJob, isFinal } from "../api/job_events.js";
import { progressBar } from "../components/bars.js";
import { button } from "../components/controls.js";
import { h, renderIfChanged, setTitle } from "../components/elements.js";
import { waitingNote } from "../components/notes.js";
import { trackStaleness } from "../components/staleness.js";
import { count, jobState, outOf, time } from "../format.js";
import { repeat } from "../timers.js";

const PAGE_JOBS = 100;
// The others change when the list is refreshed.
const MAX_FOLLOWED = 6;

export function showJobs(container) {
  setTitle(container, "Jobs");
  const [list, pager] = [h("div", { class: "stack live-data" }), h("div", { class: "actions" })];
  container.replaceChildren(h("h2", {}, "Jobs"), list, pager);
  const cards = new Map();
  const followed = new Map();
  const staleness = trackStaleness(container, fetchAndRender);
  let [ended, offset] = [false, 0];

  function renderCard(job) {
    if (!cards.has(job.job_id)) cards.set(job.job_id, h("a", { class: "card job-card", href: `#${jobPath(job.job_id)}` }));
    const card = cards.get(job.job_id);
    renderIfChanged(card, [JSON.stringify(job)], () => jobSummary(job, staleness));
    return card;
  }

  async function fetchAndRender() {
    const requested = offset;
    // One more than shown, to know whether there are older jobs.
    const { jobs } = await get(`/jobs?offset=${requested}&limit=${PAGE_JOBS + 1}`);
    if (ended || requested !== offset) return;
    const shown = jobs.slice(0, PAGE_JOBS).map(renderCard);
    // A card that is not in the page misses changes of staleness: a job that comes back gets another.
    for (const [id, card] of cards) if (!shown.includes(card)) cards.delete(id);
    const emptyText = offset ? "No older jobs. " : "No jobs yet. ";
    renderIfChanged(list, shown, () => (shown.length ? shown : h("p", { class: "card muted" }, emptyText, h("a", { href: "#/" }, "Send files"))));
    const [hasNewer, hasOlder] = [offset > 0, jobs.length > PAGE_JOBS];
    renderIfChanged(pager, [hasNewer, hasOlder], () => [hasNewer ? button("Newer jobs", () => moveBy(-PAGE_JOBS)) : null, hasOlder ? button("Older jobs", () => moveBy(PAGE_JOBS)) : null]);
    for (const job of jobs.filter((one) => !isFinal(one) && one.state !== "open")) follow(job.job_id);
  }

  function moveBy(jobs) {
    offset = Math.max(0, offset + jobs);
    scrollTo(0, 0);
    return staleness.refresh();
  }

  function follow(jobId) {
    if (followed.size >= MAX_FOLLOWED || followed.has(jobId)) return;
    followed.set(jobId, followJob(jobId, renderCard, () => followed.delete(jobId)));
  }

  const stop = repeat(staleness.refresh);
  return () => {
    ended = true;
    stop();
    staleness.stop();
    for (const unfollow of followed.values()) unfollow();
  };
}

function jobSummary(job, staleness) {
  return [
    h("div", { class: "spread" },
      h("strong", {}, `${count(job.total_files, "file")} for ${job.task_type}`),
      h("span", { class: "muted" }, time(job.created_at))),
    progressBar(job.done_files, job.failed_files, job.total_files),
    h("div", { class: "spread muted" }, staleness.setText(h("span"), jobState(job), isFinal(job)), h("span", {}, outOf(job.done_files + job.failed_files, job.total_files))),
    waitingNote(job),
  ];
}
