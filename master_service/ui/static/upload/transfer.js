// Sends the files of an upload to the master as a job, in batches, and recovers from errors.

import { ApiError, get, jobPath, newKey, post, remove, sendForm, status } from "../api/client.js";
import { followJob } from "../api/job_events.js";
import { batches, totalSize } from "./batches.js";
import { UnreadableFilesError, checkStreamedFiles, readContents } from "./file_contents.js";
import { fingerprints } from "./fingerprints.js";
import { retry } from "./retry.js";
import { Throughput } from "./throughput.js";
import { deleteRecord, saveRecord } from "./upload_records.js";

const LEDGER_PAGE = 5000;
const NO_RESPONSE = 0;
// The status for a form that ends too early.
const INCOMPLETE_FORM = 400;
// The status for an Idempotency-Key that was used with another body.
const KEY_REUSED = 422;

/** Update a sent upload with its job until that ends. */
export function followUpload(upload) {
  followJob(upload.jobId, (job) => upload.update({ job }), () => deleteRecord(upload.jobId));
}

/** Send an upload; its state tells how that ended. */
export async function sendUpload(upload) {
  const { signal } = upload.abortController;
  try {
    let { files } = upload;
    if (upload.jobId) {
      files = await missingFiles(upload);
      upload.update({ sentBytes: upload.totalBytes - totalSize(files) });
      upload.throughput = new Throughput(); // bytes sent earlier don't count
    } else {
      const key = newKey();
      const body = { task_type: upload.type.name, options: upload.options };
      // Without the signal: cancelling needs the id of a job that was created.
      upload.jobId = (await retry(upload, () => post("/jobs", { body, key }))).job_id;
      saveForResume(upload);
    }
    for (const batch of batches(files)) await sendBatch(upload, batch);
    if (!upload.totalFiles) {
      // All files were unreadable.
      await retry(upload, () => remove(jobPath(upload.jobId)));
      deleteRecord(upload.jobId);
      upload.update({ state: "cancelled" });
      return;
    }
    await retry(upload, () => post(`${jobPath(upload.jobId)}/start`, { signal }));
    saveRecord(upload.jobId, { type: upload.type.name, totalFiles: upload.totalFiles });
    upload.update({ state: "sent", files: [] });
    followUpload(upload);
  } catch (error) {
    // The job is gone, or was started or cancelled elsewhere: it can't be resumed.
    if (error.status === 404 || error.status === 409) {
      deleteRecord(upload.jobId);
      upload.jobId = null;
    }
    // After an abort, `cancelUpload` sets the state.
    if (!signal.aborted) upload.update({ state: "failed", problem: error.message });
    if (!(error instanceof ApiError)) reportError(error);
  }
}

function saveForResume({ jobId, type, files, totalFiles }) {
  const isFolder = files.some(({ path }) => path.includes("/"));
  saveRecord(jobId, { type: type.name, isFolder, totalFiles, fingerprints: fingerprints(files) });
}

async function sendBatch(upload, batch, isSecondTry = false) {
  const before = upload.sentBytes;
  const size = totalSize(batch);
  // `loaded` includes the form's headers, which totalBytes does not.
  const onProgress = (loaded) => upload.update({ sentBytes: before + Math.min(size, loaded), problem: "" });
  const options = { key: newKey(), onProgress, signal: upload.abortController.signal };
  try {
    const form = await retry(upload, () => createForm(upload.type.field, batch, options.signal));
    await retry(upload, () => {
      upload.update({ sentBytes: before });
      return sendForm(`${jobPath(upload.jobId)}/files`, form, options).catch((error) => findCause(error, batch, options.signal));
    });
    upload.update({ sentBytes: before + size });
  } catch (error) {
    // A streamed file may have changed after a first try, which was accepted.
    const isKeyReused = error.status === KEY_REUSED;
    if (!(error instanceof UnreadableFilesError) && (!isKeyReused || isSecondTry)) throw error;
    const unreadable = new Set(error.files);
    upload.setFiles(upload.files.filter((item) => !unreadable.has(item)));
    upload.update({ unreadable: [...upload.unreadable, ...unreadable] });
    saveForResume(upload);
    // An earlier try may have been accepted.
    const missing = new Set(await missingFiles(upload));
    upload.update({ sentBytes: before + totalSize(batch.filter((item) => !unreadable.has(item) && !missing.has(item))) });
    const rest = batch.filter((item) => missing.has(item));
    if (rest.length) await sendBatch(upload, rest, isKeyReused);
  }
}

async function createForm(field, batch, signal) {
  const form = new FormData();
  (await readContents(batch, signal)).forEach((content, position) => form.append(field, content, batch[position].path));
  return form;
}

// Throw the cause of an upload that broke off: the master, a streamed file, or else `error`.
async function findCause(error, batch, signal) {
  if (error.status !== NO_RESPONSE && error.status !== INCOMPLETE_FORM) throw error;
  await status(signal); // throws if the master can't be reached
  await checkStreamedFiles(batch, signal);
  throw error;
}

// The upload's files that the job does not have, compared by path and size.
async function missingFiles(upload) {
  const counts = new Map();
  const fetchPage = (offset) => get(`${jobPath(upload.jobId)}?offset=${offset}&limit=${LEDGER_PAGE}`, upload.abortController.signal);
  for (let offset = 0; ; offset += LEDGER_PAGE) {
    const { files } = await retry(upload, () => fetchPage(offset));
    if (!files.length) break;
    for (const { filename, size } of files) addCount(counts, `${size} ${normalizedPath(filename)}`, 1);
  }
  return upload.files.filter(({ size, path }) => addCount(counts, `${size} ${normalizedPath(path)}`, -1) < 0);
}

// Undo what browsers do to names in forms, and older masters to Windows paths.
const normalizedPath = (path) => path
  .replace(/%(22|0A|0D)/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)))
  .replace(/^(?:[A-Za-z]:|\\)\\.*\\/, "")
  .normalize("NFC");

function addCount(counts, key, step) {
  const sum = (counts.get(key) ?? 0) + step;
  counts.set(key, sum);
  return sum;
}
