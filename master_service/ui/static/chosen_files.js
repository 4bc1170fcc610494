// What there is to know of chosen files: how much they are, and which they were.

/** A form says this much of each file, beside its name up to three times as long. */
const FORM_BYTES = 300;

/** The bytes of files; those that can't be read have none. */
export const sizeOf = (files) => files.reduce((sum, { size }) => sum + (size ?? 0), 0);

/** The most bytes that sending the files may take. */
export const weightOf = (files) => files.reduce((sum, { size, path }) => sum + size + FORM_BYTES + 3 * path.length, 0);

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
