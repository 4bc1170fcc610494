// The uploads of this page, and those of earlier ones that never came to their end.

import { ApiError, get, jobPath, post, remove } from "../api/client.js";
import { among } from "./batches.js";
import { answerOthers, caredForByOthers, forget, remembered } from "./upload_records.js";
import { Upload, follow, run } from "./transfer.js";
import { isOver } from "../api/job_events.js";
import { outOf } from "../format.js";

/** A browser has six connections to a master, and others want some. */
const MOST_AT_ONCE = 2;

/** The uploads of this page, newest first; says "change" whenever one has got on. */
export const outbox = Object.assign(new EventTarget(), { uploads: [] });
answerOthers(() => outbox.uploads.filter((upload) => upload.state !== "stopped").map((upload) => upload.jobId));

/** Send files as a job of a type. */
export const send = (type, files) => begin(type, files, null);

/** Send what has not arrived of an upload that failed. */
export function tryAgain(upload) {
  outbox.uploads.splice(outbox.uploads.indexOf(upload), 1);
  begin(upload.type, upload.files, upload.jobId, upload.lost);
}

function begin(type, files, jobId, lost = []) {
  put(type, files, jobId).change({ lost });
  beginSome();
}

function put(type, files, jobId) {
  const upload = new Upload(type, files, jobId, () => outbox.dispatchEvent(new Event("change")));
  outbox.uploads.unshift(upload);
  upload.change({});
  return upload;
}

function beginSome() {
  const underWay = outbox.uploads.filter((upload) => upload.state === "sending").length;
  const waiting = outbox.uploads.filter((upload) => upload.state === "waiting").reverse();
  for (const upload of waiting.slice(0, Math.max(0, MOST_AT_ONCE - underWay))) {
    upload.change({ state: "sending" });
    upload.over = run(upload).finally(beginSome);
  }
}

/** Give an upload up, and with it its job; where that can't be done now, it can be tried again. */
export async function giveUp(upload) {
  upload.change({ state: "stopping" });
  upload.stop.abort();
  await upload.over;
  try {
    if (upload.jobId) await abandon(upload.jobId);
    upload.change({ state: "stopped", trouble: "", files: [] });
  } catch (error) {
    upload.change({ state: "failed", trouble: error.message });
  }
  beginSome();
}

/** Give an interrupted upload up. */
export async function forgetIt(jobId) {
  await checkIsFree(jobId);
  await abandon(jobId);
}

/** Raise an error where an upload is going on again, here or in another tab, since it was shown as interrupted. */
async function checkIsFree(jobId) {
  const others = await caredForByOthers();
  if (isMine(jobId) || others.has(jobId)) throw new Error("This upload is going on already, here or in another tab.");
}

async function abandon(jobId) {
  await remove(jobPath(jobId)).catch((error) => { if (error.status !== 404) throw error; });
  forget(jobId);
}

/** Whether leaving the page now would end an upload. */
export const isSending = () => outbox.uploads.some((upload) => ["waiting", "sending"].includes(upload.state));

/**
 * Uploads of this browser that nobody brings to their end any more, such as after closing the page.
 * Those that arrived whole, and are being processed, are taken in here.
 */
export async function interrupted(types) {
  const known = [...remembered()].filter(([jobId]) => !isMine(jobId));
  if (!known.length) return [];
  const theirs = await caredForByOthers();
  const found = [];
  for (const [jobId, what] of known) {
    if (theirs.has(jobId) || isMine(jobId)) continue;
    const job = await get(`${jobPath(jobId)}?limit=0`).catch((error) => {
      if (error instanceof ApiError && error.status === 404) return { state: "gone" };
      throw error;
    });
    if (job.state === "open") found.push({ jobId, ...what, arrivedFiles: job.total_files });
    else if (job.state === "gone" || isOver(job)) forget(jobId);
    else takeIn({ jobId, ...what }, types.find((type) => type.name === what.type), job);
  }
  return found;
}

const isMine = (jobId) => outbox.uploads.some((upload) => upload.jobId === jobId);

function takeIn({ jobId, totalFiles }, type, job) {
  if (isMine(jobId)) return;
  const upload = put(type, [], jobId);
  upload.change({ state: "sent", totalFiles, job });
  follow(upload);
}

/** Begin the job of an interrupted upload, all of whose files have arrived. */
export async function start(one, type) {
  await checkIsFree(one.jobId);
  await post(`${jobPath(one.jobId)}/start`);
  takeIn(one, type, null);
}

/** Go on with an interrupted upload, of whose files all must be among these; raises an error where they are not. */
export async function resume({ jobId, totalFiles, prints }, type, files) {
  const its = among(files, prints);
  if (its.length !== totalFiles) {
    throw new Error(`Of its files, ${outOf(its.length, totalFiles)} are among these, by name, folder and size. Choose all of them as before, or forget this upload and send anew.`);
  }
  await checkIsFree(jobId);
  begin(type, its, jobId);
}
