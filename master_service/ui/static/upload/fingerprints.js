// Recognizes the files of an interrupted upload by hashes of their path and size.

// FNV-1a, 32 bits, over UTF-16 code units.
function fingerprint({ size, path }) {
  let hash = 0x811c9dc5;
  const text = `${size} ${path}`;
  for (let position = 0; position < text.length; position += 1) hash = Math.imul(hash ^ text.charCodeAt(position), 0x01000193);
  return (hash >>> 0).toString(36);
}

/** Separated by spaces. */
export const fingerprints = (files) => files.map(fingerprint).join(" ");

/** Each fingerprint in `known` matches one file. */
export function matchingFiles(files, known) {
  const counts = new Map();
  for (const print of known.split(" ")) counts.set(print, (counts.get(print) ?? 0) + 1);
  return files.filter((item) => {
    const print = fingerprint(item);
    const left = counts.get(print) ?? 0;
    counts.set(print, left - 1);
    return left > 0;
  });
}
