// Brings the files of one upload to the master in batches, whatever happens on the way.

import { ApiError, connection, get, newKey, post, status, upload, watch } from "./api.js";
import { fingerprints } from "./fingerprints.js";
import { forget, remember } from "./remembered.js";

const BATCH_FILES = 500;
const BATCH_BYTES = 64 * 1024 * 1024;
const AGAIN_MS = 2000;
/** A batch is not sent in vain more often than this. */
const MOST_AGAIN_MS = 30_000;
const LEDGER_PAGE = 5000;
/** Answers after which the same request may yet be taken. */
const PASSING = new Set([0, 502, 503, 504, 507]);

/** One upload as it stands; `tell` is called whenever it has got on. With a job's id it goes on with that. */
export class Upload {
  constructor(type, files, jobId, tell) {
    Object.assign(this, { type, jobId, tell, state: "sending", trouble: "", job: null, lost: [], sentBytes: 0, hadBytes: 0, began: performance.now() });
    this.take(files);
    this.stop = new AbortController();
  }

  /** These are all that there are to send. */
  take(files) {
    Object.assign(this, { files, totalFiles: files.length, totalBytes: sum(files) });
  }

  /** Bytes a second since it began. */
  get speed() {
    return (this.sentBytes - this.hadBytes) / Math.max(0.5, (performance.now() - this.began) / 1000);
  }

  change(news) {
    Object.assign(this, news);
    this.tell();
  }
}

/** Send an upload to its end; what stops it stands in the upload. */
export async function run(sending) {
  try {
    let files = sending.files;
    if (sending.jobId) {
      files = await missing(sending);
      const hadBytes = sending.totalBytes - sum(files);
      sending.change({ hadBytes, sentBytes: hadBytes, began: performance.now() });
    } else {
      const key = newKey();
      sending.jobId = (await surely(sending, () => post("/jobs", { task_type: sending.type.name }, key))).job_id;
      note(sending);
    }
    for (const batch of batches(files)) await sendBatch(sending, batch);
    await surely(sending, () => post(`/jobs/${sending.jobId}/start`));
    forget(sending.jobId);
    sending.change({ state: "sent", files: [] });
    watch(sending.jobId, (job) => sending.change({ job }));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // A job that is gone, or was begun or cancelled elsewhere, is not to be gone on with.
    if (error.status === 404 || error.status === 409) {
      forget(sending.jobId);
      sending.jobId = null;
    }
    sending.change({ state: sending.stop.signal.aborted ? "stopped" : "failed", trouble: error.message });
  }
}

/** Remember an upload, to go on with it should the page be closed. */
function note({ jobId, type, files, totalFiles }) {
  const folder = files.some(({ path }) => path.includes("/"));
  remember(jobId, { type: type.name, folder, totalFiles, prints: fingerprints(files) });
}

async function sendBatch(sending, batch) {
  const before = sending.sentBytes;
  const size = sum(batch);
  const key = newKey();
  const form = new FormData();
  for (const { file, path } of batch) form.append(sending.type.field, file, path);
  // What goes with each file is sent too, and is no part of what is counted.
  const onProgress = (loaded) => sending.change({ sentBytes: before + Math.min(size, loaded) });
  try {
    await surely(sending, () => upload(`/jobs/${sending.jobId}/files`, form, key, onProgress, sending.stop.signal).catch((error) => explain(error, batch)));
    sending.change({ sentBytes: before + size });
  } catch (error) {
    if (!(error instanceof LostFiles)) throw error;
    sending.change({ sentBytes: before, lost: [...sending.lost, ...error.files] });
    sending.take(sending.files.filter((one) => !error.files.includes(one)));
    note(sending);
    // The batch may have arrived after all, in an earlier try.
    const left = new Set(await missing(sending));
    const again = batch.filter((one) => left.has(one));
    if (again.length) await sendBatch(sending, again);
  }
}

/** Files that were removed, or changed, after they were chosen: a browser reads such no more. */
class LostFiles extends Error {
  constructor(files) {
    super("Some files can't be read any more.");
    this.files = files;
  }
}

/** An upload that broke off did so because of the files, or of the master. */
async function explain(error, batch) {
  if (error.status !== 0) throw error;
  const isThere = await Promise.all(batch.map(({ file }) => file.slice(0, 1).arrayBuffer().then(() => true, () => false)));
  if (isThere.includes(false)) throw new LostFiles(batch.filter((_, place) => !isThere[place]));
  await status(); // throws what is wrong with the master, and tells it above the view
  throw error;
}

/** Try until it works, while the reason is one that passes; as late as the master says. */
async function surely(sending, attempt) {
  const { signal } = sending.stop;
  for (let wait = AGAIN_MS; ; wait = Math.min(2 * wait, MOST_AGAIN_MS)) {
    if (signal.aborted) throw new ApiError("Stopped.", -1);
    try {
      const answer = await attempt();
      if (sending.trouble) sending.change({ trouble: "" });
      return answer;
    } catch (error) {
      if (!PASSING.has(error.status)) throw error;
      // A master that is gone costs nothing to ask.
      const pause = connection.up ? Math.max(wait, 1000 * error.retryAfterS) : AGAIN_MS;
      sending.change({ trouble: `${error.message} Trying again in ${Math.round(pause / 1000)} s.` });
      await sleep(pause, signal);
    }
  }
}

function sleep(ms, signal) {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal.addEventListener("abort", wake);
  });
}

/** Return the files that the job does not have, going by path and size. */
async function missing(sending) {
  const there = new Map();
  for (let offset = 0; ; offset += LEDGER_PAGE) {
    const { files: some } = await surely(sending, () => get(`/jobs/${sending.jobId}?offset=${offset}&limit=${LEDGER_PAGE}`));
    if (!some.length) break;
    for (const { filename, size } of some) count(there, `${size} ${filename}`, 1);
  }
  return sending.files.filter(({ size, path }) => count(there, `${size} ${stored(path)}`, -1) < 0);
}

/** The name under which the master knows a path, after what browsers do to names in forms. */
const stored = (path) => path.replace(/%(22|0A|0D)/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))).replace(/^(?:[A-Za-z]:|\\)\\.*\\/, "");

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
