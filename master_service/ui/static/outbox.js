// The uploads of this page, and those of earlier ones that never came to their end.

import { ApiError, get, remove } from "./api.js";
import { count } from "./dom.js";
import { among } from "./fingerprints.js";
import { answerOthers, forget, remembered, sentByOthers } from "./remembered.js";
import { Upload, run } from "./uploading.js";

/** The uploads of this page, newest first; says "change" whenever one has got on. */
export const outbox = Object.assign(new EventTarget(), { uploads: [] });
answerOthers(() => outbox.uploads.filter((one) => one.state === "sending").map((one) => one.jobId));

/** Send files as a job of a type. */
export function send(type, files) {
  begin(newUpload(type, files, null));
}

/** Send what has not arrived of an upload that failed. */
export function again(sending) {
  outbox.uploads.splice(outbox.uploads.indexOf(sending), 1);
  begin(newUpload(sending.type, sending.files, sending.jobId));
}

function newUpload(type, files, jobId) {
  return new Upload(type, files, jobId, () => outbox.dispatchEvent(new Event("change")));
}

function begin(sending) {
  outbox.uploads.unshift(sending);
  sending.change({});
  sending.over = run(sending);
}

/** Give an upload up, and with it its job. */
export async function giveUp(sending) {
  sending.stop.abort();
  await sending.over;
  // Where the master is gone, the reason stands beside the button, to be pressed again.
  if (sending.jobId) await abandon(sending.jobId);
  sending.change({ state: "stopped", trouble: "", files: [] });
}

/** Give a job up that was never sent whole. */
export async function abandon(jobId) {
  await remove(`/jobs/${jobId}`).catch((error) => { if (error.status !== 404) throw error; });
  forget(jobId);
}

/** Whether leaving the page now would end an upload. */
export const isSending = () => outbox.uploads.some((one) => one.state === "sending");

/** Uploads of this browser that nobody brings to their end any more, such as after closing the page. */
export async function interrupted() {
  const isMine = (jobId) => outbox.uploads.some((one) => one.jobId === jobId);
  if (Object.keys(remembered()).every(isMine)) return [];
  const theirs = await sentByOthers();
  const found = [];
  for (const [jobId, what] of Object.entries(remembered())) {
    if (theirs.has(jobId) || isMine(jobId)) continue;
    const job = await get(`/jobs/${jobId}?limit=0`).catch((error) => error);
    if (job.state === "open") found.push({ jobId, ...what, arrivedFiles: job.total_files });
    // Gone, or begun or cancelled elsewhere: there is nothing to go on with.
    else if (!(job instanceof ApiError) || job.status === 404) forget(jobId);
  }
  return found;
}

/** Go on with an interrupted upload, of whose files all must be among these; raises an error where they are not. */
export function resume({ jobId, totalFiles, prints }, type, files) {
  const its = among(files, prints);
  if (its.length !== totalFiles) {
    throw new Error(`Among these are ${its.length.toLocaleString("en")} of its ${count(totalFiles, "file")}, by name, folder and size. Choose all of them as before, or forget this upload and send anew.`);
  }
  begin(newUpload(type, its, jobId));
}
