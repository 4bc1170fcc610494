// Adds up the sizes of files, and cuts an upload into batches of one request each.

// Multipart headers per file, besides its name, which can triple in length when escaped.
const FORM_BYTES_PER_FILE = 300;

const BATCH_FILES = 500;
/** A larger file is a batch of its own. */
export const BATCH_BYTES = 64 * 1024 * 1024;

/** Unreadable files have no size. */
export const totalSize = (files) => files.reduce((sum, { size }) => sum + (size ?? 0), 0);

/** The maximum size as a multipart form. */
export const maxFormSize = (files) => files.reduce((sum, { size, path }) => sum + size + FORM_BYTES_PER_FILE + 3 * path.length, 0);

export function* batches(files) {
  let batch = [];
  let size = 0;
  for (const item of files) {
    if (batch.length && (batch.length === BATCH_FILES || size + item.size > BATCH_BYTES)) {
      yield batch;
      [batch, size] = [[], 0];
    }
    batch.push(item);
    size += item.size;
  }
  if (batch.length) yield batch;
}
