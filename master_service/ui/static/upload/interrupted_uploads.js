// Finds, resumes and discards uploads that a closed or reloaded page has left incomplete.

import { ApiError, get, jobPath, post } from "../api/client.js";
import { isFinal } from "../api/job_events.js";
import { count, number } from "../format.js";
import { matchingFiles } from "./fingerprints.js";
import { jobsOfOtherTabs } from "./other_tabs.js";
import { addSent, cancelJob, enqueue, hasUpload } from "./upload_queue.js";
import { deleteRecord, uploadRecords } from "./upload_records.js";

/**
 * Records of interrupted uploads, with `jobId` and `receivedFiles`. Uploads with started jobs are added to
 * the queue instead.
 */
export async function findInterrupted(types) {
  const records = [...uploadRecords()].filter(([jobId]) => !hasUpload(jobId));
  if (!records.length) return [];
  const others = await jobsOfOtherTabs();
  const found = [];
  for (const [jobId, record] of records) {
    if (others.has(jobId) || hasUpload(jobId)) continue;
    const job = await get(`${jobPath(jobId)}?limit=0`).catch((error) => {
      if (error instanceof ApiError && error.status === 404) return null;
      throw error;
    });
    if (job?.state === "open") found.push({ jobId, ...record, receivedFiles: job.total_files });
    else if (!job || isFinal(job)) deleteRecord(jobId);
    else addSent({ jobId, ...record }, types.find((type) => type.name === record.type), job);
  }
  return found;
}

/** Start the job of an upload whose files have all been received. */
export async function startJob(interrupted, type) {
  await checkNotInProgress(interrupted.jobId);
  await post(`${jobPath(interrupted.jobId)}/start`);
  addSent(interrupted, type, null);
}

/** Send the rest of an upload; throws unless all of its files are among `files`. */
export async function resume({ jobId, totalFiles, fingerprints }, type, files) {
  const matching = matchingFiles(files, fingerprints);
  if (matching.length !== totalFiles) {
    throw new Error(`Only ${number(matching.length)} of this upload's ${count(totalFiles, "file")} are among these, compared by path and size. Choose all of them, or discard this upload and send the files again.`);
  }
  await checkNotInProgress(jobId);
  enqueue(type, matching, jobId);
}

export async function discard(jobId) {
  await checkNotInProgress(jobId);
  await cancelJob(jobId);
}

// Another tab, or this one, may have resumed it since it was found.
async function checkNotInProgress(jobId) {
  const others = await jobsOfOtherTabs();
  if (hasUpload(jobId) || others.has(jobId)) throw new Error("This upload is already in progress, here or in another tab.");
}
