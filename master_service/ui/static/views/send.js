// The view "Send": choosing files, and the uploads of this browser.

import { get, jobPath, status } from "../api/client.js";
import { isFinal } from "../api/job_events.js";
import { h, renderIfChanged, setTitle } from "../components/elements.js";
import { acceptDrops, filePickers } from "../components/file_picker.js";
import { trackStaleness } from "../components/staleness.js";
import { repeat } from "../timers.js";
import { findInterrupted } from "../upload/interrupted_uploads.js";
import { selection } from "../upload/selection.js";
import { uploadQueue } from "../upload/upload_queue.js";
import { interruptedCard } from "./interrupted_card.js";
import { selectionCard } from "./selection_card.js";
import { uploadCard } from "./upload_card.js";

const RERENDER_MS = 1000;

export function showSend(container, page) {
  setTitle(container, "Send");
  const onFiles = (promisedFiles) => selection.add(promisedFiles, page.limits);
  const notice = h("div", { class: "live-data" });
  const selected = selectionCard(page, () => uploads.firstElementChild.focus());
  const interrupted = h("div", { class: "stack" });
  const uploads = h("div", { class: "stack" });
  container.replaceChildren(h("h2", { class: "visually-hidden" }, "Send files"), notice, dropZone(onFiles), selected.element, interrupted, uploads);
  const cards = new Map();
  const staleness = trackStaleness(container, () => Promise.all([checkSlaves(), refreshStaleJobs()]));
  let ended = false;

  function renderUploads() {
    for (const upload of uploadQueue.uploads) {
      if (!cards.has(upload)) cards.set(upload, uploadCard(upload, staleness));
      cards.get(upload).update();
    }
    renderIfChanged(uploads, uploadQueue.uploads, () => uploadQueue.uploads.map((upload) => cards.get(upload).element));
  }

  async function checkInterrupted() {
    const found = await findInterrupted(page.types);
    if (!ended) renderIfChanged(interrupted, found.map(({ jobId, receivedFiles }) => `${jobId} ${receivedFiles}`), () => found.map((upload) => interruptedCard(upload, page.types, checkInterrupted)));
  }

  async function checkSlaves() {
    const { slaves } = await status();
    const isReachable = slaves.some(({ state }) => state !== "unreachable");
    if (!ended) renderIfChanged(notice, [slaves.length, isReachable], () => (isReachable ? [] : slaveNotice(slaves.length)));
  }

  // Running jobs are followed live, but not while the master is unreachable.
  async function refreshStaleJobs() {
    if (!container.classList.contains("stale")) return;
    const running = uploadQueue.uploads.filter(({ job }) => job && !isFinal(job));
    await Promise.all(running.map(async (upload) => upload.update({ job: await get(`${jobPath(upload.jobId)}?limit=0`) })));
  }

  uploadQueue.addEventListener("change", renderUploads);
  renderUploads();
  // A stalled upload dispatches no event, but its rate falls.
  const stops = [repeat(checkInterrupted), repeat(staleness.refresh), repeat(async () => renderUploads(), RERENDER_MS)];
  return () => {
    ended = true;
    stops.forEach((stop) => stop());
    uploadQueue.removeEventListener("change", renderUploads);
    cards.forEach((card) => card.stop());
    selected.stop();
    staleness.stop();
  };
}

function slaveNotice(slaves) {
  const [text, link] = slaves
    ? [`The master can't reach ${slaves === 1 ? "its slave" : "any of its slaves"}. You can send files; they wait until it can. `, "See the reason"]
    : ["No slave is registered yet. You can send files; they wait for one. ", "How to start a slave"];
  return h("p", { class: "notice" }, text, h("a", { href: "#/cluster" }, link));
}

function dropZone(onFiles) {
  const [chooseFiles, chooseFolder, inputs] = filePickers(onFiles);
  return acceptDrops(h("section", { class: "drop-zone card", "aria-label": "Choose files" },
    h("p", {}, "Drop files or a folder here"),
    h("div", { class: "actions centered" }, chooseFiles, chooseFolder), inputs), onFiles);
}
