// Brings the files of one upload to the master in batches, whatever happens on the way.

import { ApiError, connection, get, jobPath, newKey, post, remove, sendForm, status } from "../api/client.js";
import { batches, fingerprints, sizeOf } from "./batches.js";
import { LostFiles, checkLarge, contents } from "./file_contents.js";
import { forget, remember } from "./upload_records.js";
import { Speed } from "./throughput.js";
import { sleep } from "../timers.js";
import { watch } from "../api/job_events.js";

const AGAIN_MS = 2000;
/** A batch is not sent in vain more often than this. */
const MOST_AGAIN_MS = 30_000;
const LEDGER_PAGE = 5000;
/** Answers after which the same request may yet be taken. */
const PASSING = new Set([0, 401, 502, 503, 504, 507]);
/** What a master answers that has waited in vain for the rest of a form; where it hears nothing more, there is no answer. */
const [BROKEN_OFF, UNREACHED] = [400, 0];
/** What it answers to a key that came with another request before. */
const KEY_IN_USE = 422;

/**
 * One upload as it stands: waiting, sending, then sent or failed; or stopping, then stopped. `tell` is
 * called whenever it has got on. With a job's id it goes on with that.
 */
export class Upload {
  constructor(type, files, jobId, tell) {
    Object.assign(this, { type, jobId, tell, state: "waiting", trouble: "", job: null, lost: [], sentBytes: 0, over: null });
    this.take(files);
    this.stop = new AbortController();
    this.growth = new Speed();
  }

  /** These are all that there are to send. */
  take(files) {
    Object.assign(this, { files, totalFiles: files.length, totalBytes: sizeOf(files) });
  }

  /** Bytes a second of late, 0 while it waits for something. */
  get speed() {
    return this.trouble ? 0 : this.growth.of(performance.now(), this.sentBytes);
  }

  change(news) {
    Object.assign(this, news);
    if (this.state === "sending") this.growth.note(performance.now(), this.sentBytes);
    this.tell();
  }
}

/** Hear how the job of an upload goes that was sent, until it is over. */
export function follow(upload) {
  watch(upload.jobId, (job) => upload.change({ job }), () => forget(upload.jobId));
}

/** Send an upload to its end; what stops it stands in the upload. */
export async function run(upload) {
  const { signal } = upload.stop;
  try {
    let { files } = upload;
    if (upload.jobId) {
      files = await missing(upload);
      upload.change({ sentBytes: upload.totalBytes - sizeOf(files) });
      upload.growth = new Speed(); // what was there before is no speed
    } else {
      const key = newKey();
      const body = { task_type: upload.type.name };
      // Not to be broken off: of a job that was made, the id has to be known, to give it up.
      upload.jobId = (await surely(upload, () => post("/jobs", { body, key }))).job_id;
      note(upload);
    }
    for (const batch of batches(files)) await sendBatch(upload, batch);
    if (!upload.totalFiles) {
      // All were lost.
      await surely(upload, () => remove(jobPath(upload.jobId)));
      forget(upload.jobId);
      upload.change({ state: "stopped" });
      return;
    }
    await surely(upload, () => post(`${jobPath(upload.jobId)}/start`, { signal }));
    remember(upload.jobId, { type: upload.type.name, totalFiles: upload.totalFiles });
    upload.change({ state: "sent", files: [] });
    follow(upload);
  } catch (error) {
    // A job that is gone, or was begun or cancelled elsewhere, is not to be gone on with.
    if (error.status === 404 || error.status === 409) {
      forget(upload.jobId);
      upload.jobId = null;
    }
    // Who stopped it says how that went.
    if (!signal.aborted) upload.change({ state: "failed", trouble: error.message });
    if (!(error instanceof ApiError)) reportError(error);
  }
}

/** Remember an upload, to go on with it should the page be closed. */
function note({ jobId, type, files, totalFiles }) {
  const folder = files.some(({ path }) => path.includes("/"));
  remember(jobId, { type: type.name, folder, totalFiles, prints: fingerprints(files) });
}

async function sendBatch(upload, batch, wasInUse = false) {
  const before = upload.sentBytes;
  const size = sizeOf(batch);
  // What goes with each file is sent too, and is no part of what is counted.
  const onProgress = (loaded) => upload.change({ sentBytes: before + Math.min(size, loaded), trouble: "" });
  const how = { key: newKey(), onProgress, signal: upload.stop.signal };
  try {
    const form = await surely(upload, () => formOf(upload.type.field, batch, how.signal));
    await surely(upload, () => {
      upload.change({ sentBytes: before });
      return sendForm(`${jobPath(upload.jobId)}/files`, form, how).catch((error) => explain(error, batch, how.signal));
    });
    upload.change({ sentBytes: before + size });
  } catch (error) {
    // A file that is read as it goes may be another in the next try, though the first has arrived.
    const isInUse = error.status === KEY_IN_USE;
    if (!(error instanceof LostFiles) && (!isInUse || wasInUse)) throw error;
    const lost = new Set(error.files);
    upload.take(upload.files.filter((one) => !lost.has(one)));
    upload.change({ lost: [...upload.lost, ...lost] });
    note(upload);
    // The batch may have arrived after all, in an earlier try.
    const left = new Set(await missing(upload));
    upload.change({ sentBytes: before + sizeOf(batch.filter((one) => !lost.has(one) && !left.has(one))) });
    const again = batch.filter((one) => left.has(one));
    if (again.length) await sendBatch(upload, again, isInUse);
  }
}

async function formOf(field, batch, signal) {
  const form = new FormData();
  (await contents(batch, signal)).forEach((data, place) => form.append(field, data, batch[place].path));
  return form;
}

/** An upload that broke off did so because of the master, or of a file that is read as it goes. */
async function explain(error, batch, signal) {
  if (error.status !== UNREACHED && error.status !== BROKEN_OFF) throw error;
  await status(signal); // throws what is wrong with the master, and tells it above the view
  await checkLarge(batch, signal);
  throw error;
}

/** Try until it works, while the reason is one that passes; as late as the master says. */
async function surely(upload, attempt) {
  const { signal } = upload.stop;
  for (let wait = AGAIN_MS; ; wait = Math.min(2 * wait, MOST_AGAIN_MS)) {
    if (signal.aborted) throw new ApiError("Stopped.", -1);
    try {
      const answer = await attempt();
      if (upload.trouble) upload.change({ trouble: "" });
      return answer;
    } catch (error) {
      if (!PASSING.has(error.status)) throw error;
      // A master that is gone costs nothing to ask.
      const pause = connection.up ? Math.max(wait, 1000 * error.retryAfterS) : AGAIN_MS;
      upload.change({ trouble: `${error.message} Trying again in ${Math.round(pause / 1000)} s.` });
      await sleepUnlessBack(pause, signal);
    }
  }
}

/** Wait, unless a master that was gone is back meanwhile, or lets us in again. */
async function sleepUnlessBack(ms, signal) {
  const wait = new AbortController();
  const wake = () => wait.abort();
  connection.addEventListener("change", () => { if (connection.up && connection.loggedIn) wake(); }, { signal: wait.signal });
  signal.addEventListener("abort", wake, { signal: wait.signal });
  if (signal.aborted) wake();
  await sleep(ms, wait.signal);
  wake();
}

/** Return the files that the job does not have, going by path and size. */
async function missing(upload) {
  const there = new Map();
  const page = (offset) => get(`${jobPath(upload.jobId)}?offset=${offset}&limit=${LEDGER_PAGE}`, upload.stop.signal);
  for (let offset = 0; ; offset += LEDGER_PAGE) {
    const { files } = await surely(upload, () => page(offset));
    if (!files.length) break;
    for (const { filename, size } of files) count(there, `${size} ${stored(filename)}`, 1);
  }
  return upload.files.filter(({ size, path }) => count(there, `${size} ${stored(path)}`, -1) < 0);
}

/** What names have in common, whatever browsers do to them in forms; older masters keep the last part of a Windows path. */
const stored = (path) => path
  .replace(/%(22|0A|0D)/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)))
  .replace(/^(?:[A-Za-z]:|\\)\\.*\\/, "")
  .normalize("NFC");

function count(counts, what, step) {
  const now = (counts.get(what) ?? 0) + step;
  counts.set(what, now);
  return now;
}
