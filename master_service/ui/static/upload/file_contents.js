// Reads the files of a batch, and detects those that can't be read any more.

import { ApiError, cancelledError } from "../api/client.js";
import { BATCH_BYTES } from "./batches.js";

export class UnreadableFilesError extends Error {
  constructor(files) {
    super("Some files can't be read any more.");
    this.files = files;
  }
}

/**
 * Return a Blob for each file, or throw UnreadableFilesError. Contents are held in memory: some browsers
 * send a removed file as an empty one, and a changed size breaks the form. Files larger than a batch are streamed.
 */
export async function readContents(files, signal) {
  // Cancelling must not wait for a disk that hangs.
  const cancelled = new Promise((_, reject) => signal.addEventListener("abort", () => reject(cancelledError())));
  const contents = await Promise.race([Promise.all(files.map(readContent)), cancelled]);
  await throwUnreadable(files, contents.map((content) => content !== null));
  return contents;
}

/** Throw UnreadableFilesError if a streamed file can't be read to its end. */
export async function checkStreamedFiles(files, signal) {
  const isReadable = [];
  for (const item of files) isReadable.push(!isStreamed(item) || await readableLength(item.file.slice(0, item.size), signal) === item.size);
  if (!signal.aborted) await throwUnreadable(files, isReadable);
}

// Count the bytes: a browser may not report that a file ends too early.
async function readableLength(file, signal) {
  let length = 0;
  const counter = new WritableStream({ write: (chunk) => { length += chunk.length; } });
  await file.stream().pipeTo(counter, { signal }).catch(() => {});
  return length;
}

const isStreamed = ({ size }) => size > BATCH_BYTES;

async function readContent(item) {
  const { file, size } = item;
  if (!size) return new Blob([]); // a browser does not report whether it still exists
  if (isStreamed(item)) return (await readBytes(file.slice(size - 1)))?.byteLength === 1 ? file.slice(0, size) : null;
  const bytes = await readBytes(file);
  return bytes?.byteLength === size ? new Blob([bytes]) : null;
}

async function throwUnreadable(files, isReadable) {
  if (!isReadable.includes(false)) return;
  // While a page is being closed, WebKit reads nothing at all: then no file is to blame.
  if (!(await readBytes(new Blob(["x"])))) throw new ApiError("The page is being closed.", 0);
  throw new UnreadableFilesError(files.filter((_, position) => !isReadable[position]));
}

// An ArrayBuffer, or null. By Response: WebKit's Blob.arrayBuffer fills up a truncated file with zeros.
const readBytes = (file) => new Response(file).arrayBuffer().catch(() => null);
