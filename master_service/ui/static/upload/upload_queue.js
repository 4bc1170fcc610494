// Queues the uploads of this page, and sends two at a time.

import { jobPath, remove } from "../api/client.js";
import { answerOtherTabs } from "./other_tabs.js";
import { followUpload, sendUpload } from "./transfer.js";
import { Upload } from "./upload.js";
import { deleteRecord } from "./upload_records.js";

// Of the six connections that a browser opens to a host.
const MAX_SENDING = 2;

/** The uploads of this page, newest first; dispatches "change". */
export const uploadQueue = Object.assign(new EventTarget(), { uploads: [] });
answerOtherTabs(() => uploadQueue.uploads.filter((upload) => upload.state !== "cancelled").map((upload) => upload.jobId));

/** Send files as a job of a task type with options; with a `jobId`, resume that job. */
export function enqueue(type, files, jobId = null, unreadable = [], options = {}) {
  add(type, files, jobId).update({ unreadable, options });
  startWaiting();
}

export function retryUpload(upload) {
  uploadQueue.uploads.splice(uploadQueue.uploads.indexOf(upload), 1);
  enqueue(upload.type, upload.files, upload.jobId, upload.unreadable, upload.options);
}

function add(type, files, jobId) {
  const upload = new Upload(type, files, jobId, () => uploadQueue.dispatchEvent(new Event("change")));
  uploadQueue.uploads.unshift(upload);
  upload.update({});
  return upload;
}

/** Add an upload that was sent before the page was loaded. */
export function addSent({ jobId, totalFiles }, type, job) {
  if (hasUpload(jobId)) return;
  const upload = add(type, [], jobId);
  upload.update({ state: "sent", totalFiles, job });
  followUpload(upload);
}

function startWaiting() {
  const sending = uploadQueue.uploads.filter((upload) => upload.state === "sending").length;
  const waiting = uploadQueue.uploads.filter((upload) => upload.state === "waiting").reverse();
  for (const upload of waiting.slice(0, Math.max(0, MAX_SENDING - sending))) {
    upload.update({ state: "sending" });
    upload.ended = sendUpload(upload).finally(startWaiting);
  }
}

/** Cancel an upload and its job; if the master refuses, it becomes failed. */
export async function cancelUpload(upload) {
  upload.update({ state: "cancelling" });
  upload.abortController.abort();
  await upload.ended;
  try {
    if (upload.jobId) await cancelJob(upload.jobId);
    upload.update({ state: "cancelled", problem: "", files: [] });
  } catch (error) {
    upload.update({ state: "failed", problem: error.message });
  }
  startWaiting();
}

/** Cancel a job, if it still exists, and delete the upload's record. */
export async function cancelJob(jobId) {
  await remove(jobPath(jobId)).catch((error) => { if (error.status !== 404) throw error; });
  deleteRecord(jobId);
}

/** Whether closing the page would interrupt an upload. */
export const isUploading = () => uploadQueue.uploads.some((upload) => ["waiting", "sending"].includes(upload.state));

export const hasUpload = (jobId) => uploadQueue.uploads.some((upload) => upload.jobId === jobId);
