// Finds out which of the chosen files can't be read any more: removed or changed since, or on a bad disk.

import { ApiError } from "./api.js";

/** Some of the chosen files can't be read any more. */
export class LostFiles extends Error {
  constructor(files) {
    super("Some files can't be read any more.");
    this.files = files;
  }
}

/** Raise an error that names the files that are not there, or not as they were; empty ones can't be told. */
export async function checkBegins(files) {
  await check(files, await Promise.all(files.map(({ file, size }) => !size || canRead(firstByte(file)))));
}

/** The same for files that begin well, but can't be read to their end. */
export async function checkWhole(files, signal) {
  const isWhole = [];
  // One at a time: together they may be more than a disk likes.
  for (const { file } of files) isWhole.push(await canRead(file.stream().pipeTo(new WritableStream(), { signal })));
  if (!signal.aborted) await check(files, isWhole);
}

async function check(files, isGood) {
  if (!isGood.includes(false)) return;
  // While a page is being left, WebKit reads nothing at all; what comes then is no proof against a file.
  if (!(await canRead(firstByte(new Blob(["x"]))))) throw new ApiError("The page is being left.", 0);
  throw new LostFiles(files.filter((_, place) => !isGood[place]));
}

const firstByte = (file) => file.slice(0, 1).arrayBuffer();

const canRead = (reading) => reading.then(() => true, () => false);
