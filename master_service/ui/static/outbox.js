// Brings files to the master, one job for each task type, and goes on where a connection broke.

import { ApiError, get, newKey, post, remove, upload, watch } from "./api.js";

const BATCH_FILES = 500;
const BATCH_BYTES = 64 * 1024 * 1024;
const AGAIN_MS = 2000;
/** Answers after which the same request may yet be taken. */
const PASSING = new Set([0, 502, 503, 504, 507]);
const REMEMBERED = "uploads";

/** The uploads of this page, newest first; says "change" whenever one has got on. */
export const outbox = Object.assign(new EventTarget(), { uploads: [] });

class Upload {
  constructor(type, files, jobId) {
    Object.assign(this, { type, files, jobId, state: "sending", trouble: "", job: null, sentFiles: 0, sentBytes: 0, began: performance.now() });
    this.totalFiles = files.length;
    this.totalBytes = sum(files);
    this.stop = new AbortController();
  }

  /** Bytes a second since it began. */
  get speed() {
    return this.sentBytes / Math.max(0.5, (performance.now() - this.began) / 1000);
  }

  change(news) {
    Object.assign(this, news);
    outbox.dispatchEvent(new Event("change"));
  }
}

/** Send files as a job of a type; with `jobId` go on with one, which leaves out what it has. */
export function send(type, files, jobId = null) {
  const sending = new Upload(type, files, jobId);
  outbox.uploads.unshift(sending);
  sending.change({});
  sending.over = run(sending);
  return sending;
}

/** Give an upload up, and with it its job. */
export async function giveUp(sending) {
  sending.stop.abort();
  await sending.over;
  // Where the master is gone, the reason stands beside the button, to be pressed again.
  if (sending.jobId) await remove(`/jobs/${sending.jobId}`).catch((error) => { if (error.status !== 404) throw error; });
  forget(sending.jobId);
  sending.change({ state: "stopped", trouble: "" });
}

/** Uploads of this browser that never came to their end, such as by closing the page. */
export function interrupted() {
  const under = new Set(outbox.uploads.map((one) => one.jobId));
  return Object.entries(remembered()).filter(([jobId]) => !under.has(jobId)).map(([jobId, what]) => ({ jobId, ...what }));
}

/** Forget an upload that was interrupted. */
export function forget(jobId) {
  const all = remembered();
  delete all[jobId];
  localStorage.setItem(REMEMBERED, JSON.stringify(all));
}

/** Whether leaving the page now would end an upload. */
export const isSending = () => outbox.uploads.some((one) => one.state === "sending");

async function run(sending) {
  try {
    let files = sending.files;
    if (sending.jobId) {
      files = await missing(sending);
    } else {
      const key = newKey();
      sending.jobId = (await surely(sending, () => post("/jobs", { task_type: sending.type.name }, key))).job_id;
      remember(sending);
    }
    for (const batch of batches(files)) await sendBatch(sending, batch);
    await surely(sending, () => post(`/jobs/${sending.jobId}/start`));
    forget(sending.jobId);
    sending.change({ state: "sent", files: [] });
    watch(sending.jobId, (job) => sending.change({ job }));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // A job that is gone, or was started elsewhere, is not to be gone on with.
    if (error.status === 404 || error.status === 409) forget(sending.jobId);
    sending.change({ state: sending.stop.signal.aborted ? "stopped" : "failed", trouble: error.message });
  }
}

async function sendBatch(sending, batch) {
  const form = new FormData();
  for (const { file, path } of batch) form.append(sending.type.field, file, path);
  const before = sending.sentBytes;
  const size = sum(batch);
  const key = newKey();
  // What goes with each file is sent too, and is no part of what is counted.
  const onProgress = (loaded) => sending.change({ sentBytes: before + Math.min(size, loaded) });
  await surely(sending, () => upload(`/jobs/${sending.jobId}/files`, form, key, onProgress, sending.stop.signal));
  sending.change({ sentBytes: before + size, sentFiles: sending.sentFiles + batch.length });
}

/** Try until it works, while the reason is one that passes. */
async function surely(sending, attempt) {
  for (;;) {
    if (sending.stop.signal.aborted) throw new ApiError("Stopped.", -1);
    try {
      const answer = await attempt();
      if (sending.trouble) sending.change({ trouble: "" });
      return answer;
    } catch (error) {
      if (!PASSING.has(error.status)) throw error;
      sending.change({ trouble: `${error.message} Trying again.` });
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

/** Return the files that the job does not have, going by path and size. */
async function missing(sending) {
  const there = new Map();
  for (let offset = 0; ; offset += 5000) {
    const { files } = await surely(sending, () => get(`/jobs/${sending.jobId}?offset=${offset}&limit=5000`));
    if (!files.length) break;
    for (const { filename, size } of files) count(there, `${size} ${filename}`, 1);
  }
  const left = sending.files.filter(({ size, path }) => count(there, `${size} ${path}`, -1) < 0);
  // Another choice than the first would be started without what that one lacked.
  if (left.length === sending.totalFiles && there.size > 0) throw new ApiError("These are not the files of the upload that was interrupted: choose those, or forget it.", -2);
  sending.change({ sentFiles: sending.totalFiles - left.length, sentBytes: sending.totalBytes - sum(left) });
  return left;
}

function count(counts, what, step) {
  const now = (counts.get(what) ?? 0) + step;
  counts.set(what, now);
  return now;
}

function* batches(files) {
  let batch = [];
  let size = 0;
  for (const one of files) {
    if (batch.length && (batch.length === BATCH_FILES || size + one.size > BATCH_BYTES)) {
      yield batch;
      [batch, size] = [[], 0];
    }
    batch.push(one);
    size += one.size;
  }
  if (batch.length) yield batch;
}

const sum = (files) => files.reduce((total, { size }) => total + size, 0);

const remembered = () => JSON.parse(localStorage.getItem(REMEMBERED) ?? "{}");

function remember({ jobId, type, files, totalFiles, totalBytes }) {
  const folder = files.some(({ path }) => path.includes("/"));
  localStorage.setItem(REMEMBERED, JSON.stringify({ ...remembered(), [jobId]: { type: type.name, folder, totalFiles, totalBytes } }));
}
