// The uploads of this page, and those of earlier ones that never came to their end.

import { ApiError, get, jobPath, remove } from "./api.js";
import { among } from "./chosen_files.js";
import { answerOthers, caredForByOthers, forget, remembered } from "./remembered.js";
import { Upload, run } from "./uploading.js";
import { outOf } from "./words.js";

const CARED_FOR = new Set(["sending", "stopping", "failed"]);

/** The uploads of this page, newest first; says "change" whenever one has got on. */
export const outbox = Object.assign(new EventTarget(), { uploads: [] });
answerOthers(() => outbox.uploads.filter((upload) => CARED_FOR.has(upload.state)).map((upload) => upload.jobId));

/** Send files as a job of a type. */
export const send = (type, files) => begin(type, files, null);

/** Send what has not arrived of an upload that failed. */
export function tryAgain(upload) {
  outbox.uploads.splice(outbox.uploads.indexOf(upload), 1);
  begin(upload.type, upload.files, upload.jobId);
}

function begin(type, files, jobId) {
  const upload = new Upload(type, files, jobId, () => outbox.dispatchEvent(new Event("change")));
  outbox.uploads.unshift(upload);
  upload.change({});
  upload.over = run(upload);
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
}

/** Give a job up that was never sent whole. */
export async function abandon(jobId) {
  await remove(jobPath(jobId)).catch((error) => { if (error.status !== 404) throw error; });
  forget(jobId);
}

/** Whether leaving the page now would end an upload. */
export const isSending = () => outbox.uploads.some((upload) => upload.state === "sending");

/** Uploads of this browser that nobody brings to their end any more, such as after closing the page. */
export async function interrupted() {
  const isMine = (jobId) => outbox.uploads.some((upload) => upload.jobId === jobId);
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
    else forget(jobId);
  }
  return found;
}

/** Go on with an interrupted upload, of whose files all must be among these; raises an error where they are not. */
export function resume({ jobId, totalFiles, prints }, type, files) {
  const its = among(files, prints);
  if (its.length !== totalFiles) {
    throw new Error(`Of its files, ${outOf(its.length, totalFiles)} are among these, by name, folder and size. Choose all of them as before, or forget this upload and send anew.`);
  }
  begin(type, its, jobId);
}
