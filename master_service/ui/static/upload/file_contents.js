// Reads the chosen files, which may be gone by then: removed or changed since, or on a bad disk.

import { ApiError } from "../api/client.js";
import { BATCH_BYTES } from "./batches.js";

/** Some of the chosen files can't be read any more. */
export class LostFiles extends Error {
  constructor(files) {
    super("Some files can't be read any more.");
    this.files = files;
  }
}

/**
 * What there is to send of some files, as long as they were when they were chosen; raises LostFiles.
 * It is held from now on, whatever happens to them: some browsers send a file that is gone as an empty
 * one, and one that has grown or shrunk breaks the form around it. Only a file that is larger than all
 * else that is sent at once is read as it goes.
 */
export async function contents(files, signal) {
  // A disk that hangs must not keep the upload from being stopped.
  const stopped = new Promise((_, reject) => signal.addEventListener("abort", () => reject(new ApiError("Stopped.", -1))));
  const found = await Promise.race([Promise.all(files.map(held)), stopped]);
  await check(files, found.map((data) => data !== null));
  return found;
}

/** Raise LostFiles if there is a file, of those that are read as they go, that can't be read to its end. */
export async function checkLarge(files, signal) {
  const isWhole = [];
  for (const one of files) isWhole.push(!isLarge(one) || await lengthOf(one.file.slice(0, one.size), signal) === one.size);
  if (!signal.aborted) await check(files, isWhole);
}

/** How much of a file can be read: a browser may not say that it has come to an early end. */
async function lengthOf(file, signal) {
  let length = 0;
  const count = new WritableStream({ write: (piece) => { length += piece.length; } });
  await file.stream().pipeTo(count, { signal }).catch(() => {});
  return length;
}

/** Whether a file is read as it goes. */
const isLarge = ({ size }) => size > BATCH_BYTES;

async function held(one) {
  const { file, size } = one;
  if (!size) return new Blob([]); // whether it is still there does not matter, and can't be found out
  if (isLarge(one)) return (await bytesOf(file.slice(size - 1)))?.byteLength === 1 ? file.slice(0, size) : null;
  const data = await bytesOf(file);
  return data?.byteLength === size ? new Blob([data]) : null;
}

async function check(files, isGood) {
  if (!isGood.includes(false)) return;
  // While a page is being left, WebKit reads nothing at all; that is no proof against a file.
  if (!(await bytesOf(new Blob(["x"])))) throw new ApiError("The page is being left.", 0);
  throw new LostFiles(files.filter((_, place) => !isGood[place]));
}

/** The bytes, null where they can't be read. Asked for them directly, WebKit gives zeros for what was cut off. */
const bytesOf = (file) => new Response(file).arrayBuffer().catch(() => null);
