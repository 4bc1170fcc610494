// The first view: files go in here, and their uploads are watched.

import { get, jobPath, status } from "../api/client.js";
import { pickers, takeDrops } from "../components/file_picker.js";
import { h, keep, title } from "../components/elements.js";
import { freshness } from "../components/staleness.js";
import { interrupted, outbox } from "../upload/upload_queue.js";
import { staging } from "../upload/selection.js";
import { repeat } from "../timers.js";
import { chosenCard } from "./selection_card.js";
import { interruptedCard, uploadCard } from "./upload_card.js";
import { isOver } from "../api/job_events.js";

const REDRAW_MS = 1000;

/** Draw the view into `place`; returns what ends it. */
export function show(place, page) {
  title(place, "Send");
  const take = (finding) => staging.add(finding, page.limits);
  const notice = h("div", { class: "live" });
  const chosen = chosenCard(page, () => uploads.firstElementChild.focus());
  const broken = h("div", { class: "stack" });
  const uploads = h("div", { class: "stack" });
  place.replaceChildren(h("h2", { class: "hidden" }, "Send files"), notice, dropZone(take), chosen.element, broken, uploads);
  const cards = new Map();
  const fresh = freshness(place, () => Promise.all([lookForSlaves(), lookForJobs()]));
  let ended = false;

  function drawUploads() {
    for (const one of outbox.uploads) {
      if (!cards.has(one)) cards.set(one, uploadCard(one, fresh));
      cards.get(one).draw();
    }
    keep(uploads, outbox.uploads, () => outbox.uploads.map((one) => cards.get(one).element));
  }

  async function lookForBroken() {
    const found = await interrupted(page.types);
    if (!ended) keep(broken, found.map((one) => `${one.jobId} ${one.arrivedFiles}`), () => found.map((one) => interruptedCard(one, page.types, lookForBroken)));
  }

  async function lookForSlaves() {
    const { slaves } = await status();
    const isReached = slaves.some(({ state }) => state !== "unreachable");
    if (!ended) keep(notice, [slaves.length, isReached], () => (isReached ? [] : noticeOf(slaves.length)));
  }

  /** What is shown of jobs comes live, but is asked for where the master was gone. */
  async function lookForJobs() {
    if (!place.classList.contains("stale")) return;
    const under = outbox.uploads.filter(({ job }) => job && !isOver(job));
    await Promise.all(under.map(async (one) => one.change({ job: await get(`${jobPath(one.jobId)}?limit=0`) })));
  }

  outbox.addEventListener("change", drawUploads);
  drawUploads();
  // What stalls says nothing, and its rate sinks all the same.
  const stops = [repeat(lookForBroken), repeat(fresh.ask), repeat(async () => drawUploads(), REDRAW_MS)];
  return () => {
    ended = true;
    stops.forEach((stop) => stop());
    outbox.removeEventListener("change", drawUploads);
    cards.forEach((card) => card.end());
    chosen.end();
    fresh.end();
  };
}

function noticeOf(slaves) {
  const [why, where] = slaves
    ? [`The master can't reach ${slaves === 1 ? "its slave" : "any of its slaves"}. Files can be sent, and wait until it can. `, "Why, and what to do"]
    : ["No slave is here yet. Files can be sent, and wait for one. ", "How to start a slave"];
  return h("p", { class: "notice" }, why, h("a", { href: "#/cluster" }, where));
}

function dropZone(take) {
  const [files, folder, inputs] = pickers(take);
  return takeDrops(h("section", { class: "drop card", "aria-label": "Choose files" },
    h("p", {}, "Drop files or a folder here"),
    h("div", { class: "actions centered" }, files, folder), inputs), take);
}
