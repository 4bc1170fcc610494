// What there is to know of chosen files: how much they are, how they go into requests, and which they were.

/** A form says this much of each file, beside its name up to three times as long. */
const FORM_BYTES = 300;

const BATCH_FILES = 500;
/** A single file may be larger. */
export const BATCH_BYTES = 64 * 1024 * 1024;

/** The bytes of files; those that can't be read have none. */
export const sizeOf = (files) => files.reduce((sum, { size }) => sum + (size ?? 0), 0);

/** The most bytes that sending the files may take. */
export const weightOf = (files) => files.reduce((sum, { size, path }) => sum + size + FORM_BYTES + 3 * path.length, 0);

/** Cut files into as many as go into one request each. */
export function* batches(files) {
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

/** A number for a file that its name and size give again: FNV-1a, 32 bits, over their UTF-16. */
function fingerprint({ size, path }) {
  let hash = 0x811c9dc5;
  const text = `${size} ${path}`;
  for (let place = 0; place < text.length; place += 1) hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193);
  return (hash >>> 0).toString(36);
}

/** The fingerprints of files as one text. */
export const fingerprints = (files) => files.map(fingerprint).join(" ");

/** Those of `files` whose fingerprints were told, each as often as it was. */
export function among(files, told) {
  const counts = new Map();
  for (const print of told.split(" ")) counts.set(print, (counts.get(print) ?? 0) + 1);
  return files.filter((file) => {
    const print = fingerprint(file);
    const left = counts.get(print) ?? 0;
    counts.set(print, left - 1);
    return left > 0;
  });
}
