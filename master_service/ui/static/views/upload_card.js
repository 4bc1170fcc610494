// Shows one upload of this page, from sending to the end of its job.

import { jobPath, remove } from "../api/client.js";
import { isFinal } from "../api/job_events.js";
import { progressBar } from "../components/bars.js";
import { button } from "../components/controls.js";
import { h, renderIfChanged } from "../components/elements.js";
import { failuresCard } from "../components/failures_card.js";
import { waitingNote } from "../components/notes.js";
import { bytes, count, duration, jobState, outOf } from "../format.js";
import { cancelUpload, retryUpload } from "../upload/upload_queue.js";

const STATES = { waiting: "Waiting", sending: "Sending", sent: "Sent", failed: "Not sent", cancelling: "Cancelling", cancelled: "Cancelled" };
const MAX_NAMES = 20;

/** A card for an upload; call `update` on changes. */
export function uploadCard(upload, staleness) {
  const [heading, actions, progress, status, problem] = [h("h3"), h("div", { class: "actions" }), progressBar(0, 0, 1), h("p", { class: "muted" }), h("p", { class: "error" })];
  const [failuresPlace, waiting] = [h("div"), h("div", { "aria-live": "polite" })];
  const element = h("section", { class: "card", tabindex: -1, "aria-label": `Upload of ${upload.type.name}` }, h("div", { class: "spread" }, heading, actions), progress, status, waiting, problem, failuresPlace);
  let failures = null;
  const cancel = () => (upload.job === null ? cancelUpload(upload) : remove(jobPath(upload.jobId)).then((job) => upload.update({ job })));

  function update() {
    const { job, state } = upload;
    const ended = job !== null && isFinal(job);
    element.classList.toggle("live-data", job !== null);
    heading.textContent = `${STATES[state]}: ${count(upload.totalFiles, "file")} for ${upload.type.name}`;
    renderIfChanged(actions, [state, job === null, ended], () => [
      ["waiting", "sending"].includes(state) || (job && !ended) ? button("Cancel", cancel) : null,
      state === "sent" ? h("a", { class: "button", href: `#/jobs/${upload.jobId}` }, ended ? "View results" : "View job") : null,
      state === "failed" ? [button("Try again", () => retryUpload(upload), "primary"), button("Discard", () => cancelUpload(upload))] : null,
    ]);
    if (job) {
      progress.update(job.done_files, job.failed_files, job.total_files);
      staleness.setText(status, `${outOf(job.done_files, job.total_files)} done. ${jobState(job)}`, ended);
      renderIfChanged(waiting, [ended ? null : job.waiting_for], () => waitingNote(job));
      if (!failures) failuresPlace.replaceWith((failures = failuresCard(jobPath(upload.jobId))).element);
      failures.update(job);
    } else if (state === "waiting") {
      status.textContent = "Waiting for other uploads.";
    } else {
      const bytesLeft = upload.totalBytes - upload.sentBytes;
      const speed = upload.bytesPerSecond;
      const timeLeft = state === "sending" && bytesLeft && speed > 1 ? `, ${bytes(speed)}/s, ${duration(bytesLeft / speed)} left` : "";
      progress.update(upload.sentBytes, 0, upload.totalBytes);
      status.textContent = `${bytes(upload.sentBytes)} of ${bytes(upload.totalBytes)} sent${timeLeft}`;
    }
    problem.textContent = [upload.problem, unreadableText(upload.unreadable)].filter(Boolean).join(" ");
  }

  return { element, update, stop: () => failures?.stop() };
}

function unreadableText(files) {
  if (!files.length) return "";
  const names = files.slice(0, MAX_NAMES).map(({ path }) => path).join(", ");
  return `Skipped ${count(files.length, "file")} that can't be read any more (removed, changed, or damaged on the disk): ${names}${files.length > MAX_NAMES ? " and others" : ""}.`;
}
