// Uploads as they go, from the first byte that leaves to the last result; and those that broke off.

import { jobPath, remove } from "../api/client.js";
import { pickers, takeDrops } from "../components/file_picker.js";
import { h, keep } from "../components/elements.js";
import { forgetIt, giveUp, resume, start, tryAgain } from "../upload/upload_queue.js";
import { failures } from "../components/failures_card.js";
import { isOver } from "../api/job_events.js";
import { bar, button, waitingNote } from "../components/controls.js";
import { bytes, count, duration, howItGoes, outOf } from "../format.js";

const STATES = { waiting: "Waiting", sending: "Sending", sent: "Sent", failed: "Not sent", stopping: "Stopping", stopped: "Stopped" };
const NAMES_SHOWN = 20;

/**
 * A card for an upload of this page; `draw` shows how it stands, and `end` is to be called when it is not shown any more.
 * What it shows of the job is as old as `fresh`, the view's freshness, says.
 */
export function uploadCard(one, fresh) {
  const [heading, actions, progress, told, trouble] = [h("h3"), h("div", { class: "actions" }), bar(0, 0, 1), h("p", { class: "faint" }), h("p", { class: "error" })];
  const [attention, waiting] = [h("div"), h("div", { "aria-live": "polite" })];
  const element = h("section", { class: "card", tabindex: -1, "aria-label": `Upload of ${one.type.name}` }, h("div", { class: "split" }, heading, actions), progress, told, waiting, trouble, attention);
  let failed = null;
  const cancel = () => (one.job === null ? giveUp(one) : remove(jobPath(one.jobId)).then((job) => one.change({ job })));

  function draw() {
    const over = one.job !== null && isOver(one.job);
    element.classList.toggle("live", one.job !== null);
    heading.textContent = `${STATES[one.state]}: ${count(one.totalFiles, "file")} for ${one.type.name}`;
    keep(actions, [one.state, one.job === null, over], () => [
      ["waiting", "sending"].includes(one.state) || (one.job && !over) ? button("Cancel", cancel) : null,
      one.state === "sent" ? h("a", { class: "button", href: `#/jobs/${one.jobId}` }, over ? "Look at the results" : "Watch the job") : null,
      one.state === "failed" ? [button("Try again", () => tryAgain(one), "primary"), button("Give up", () => giveUp(one))] : null,
    ]);
    if (one.job) {
      progress.set(one.job.done_files, one.job.failed_files, one.job.total_files);
      fresh.say(told, `${outOf(one.job.done_files, one.job.total_files)} done. ${howItGoes(one.job)}`, over);
      keep(waiting, [over ? null : one.job.waiting_for], () => waitingNote(one.job));
      if (!failed) attention.replaceWith((failed = failures(jobPath(one.jobId))).element);
      failed.hear(one.job);
    } else if (one.state === "waiting") {
      told.textContent = "Other uploads go first.";
    } else {
      const leftBytes = one.totalBytes - one.sentBytes;
      const goes = one.state === "sending" && leftBytes && one.speed > 1 ? `, ${bytes(one.speed)}/s, ${duration(leftBytes / one.speed)} left` : "";
      progress.set(one.sentBytes, 0, one.totalBytes);
      told.textContent = `${bytes(one.sentBytes)} of ${bytes(one.totalBytes)} sent${goes}`;
    }
    trouble.textContent = [one.trouble, lost(one)].filter(Boolean).join(" ");
  }

  return { element, draw, end: () => failed?.end() };
}

function lost({ lost: files }) {
  if (!files.length) return "";
  const names = files.slice(0, NAMES_SHOWN).map(({ path }) => path).join(", ");
  return `${count(files.length, "file")} can't be read any more (removed, changed, or damaged on the disk) and left out: ${names}${files.length > NAMES_SHOWN ? " and others" : ""}.`;
}

/** A card for an upload that broke off; `change` is called when it has been dealt with. */
export function interruptedCard(one, types, change) {
  const type = types.find(({ name }) => name === one.type);
  const isWhole = one.arrivedFiles === one.totalFiles;
  const trouble = h("p", { class: "error", role: "alert" });
  const take = async (finding) => {
    const files = (await finding).filter(({ file }) => file);
    trouble.textContent = "";
    files.forEach((some) => { some.size = some.file.size; });
    try {
      await resume(one, type, files);
      await change();
    } catch (error) {
      trouble.textContent = error.message;
    }
  };
  const [chooseFiles, chooseFolder, inputs] = pickers(take);
  return takeDrops(h("section", { class: "card live", "aria-label": "Interrupted upload" },
    h("h3", {}, "An upload was interrupted"),
    h("p", {}, `Of ${count(one.totalFiles, "file")} for ${one.type}, ${count(one.arrivedFiles, "has", "have")} arrived and ${one.arrivedFiles === 1 ? "is" : "are"} safe. ${isWhole ? "They only have to be started." : "Choose or drop the same files here again, and only the missing ones are sent."}`),
    trouble,
    h("div", { class: "actions" }, isWhole ? button("Start", () => start(one, type).then(change), "primary") : one.folder ? [chooseFolder, chooseFiles] : [chooseFiles, chooseFolder],
      button("Forget it", () => forgetIt(one.jobId).then(change))), inputs), take);
}
