// Guesses by its first bytes what a file is, to propose a task type; the slaves decide for themselves.
// It follows protocol/content_types.py, by which the client sorts, rule by rule.

const HEAD_BYTES = 8192;
const PDF_WITHIN = 1024;
/** Where a ZIP ends: its last record, and the longest comment behind that. */
const ZIP_END_BYTES = 22 + 65_535;
const MOST_DIRECTORY_BYTES = 4 * 1024 * 1024;
const FAMILIES = { RIFF: { WEBP: "image", WAVE: "audio" }, RIFX: { WAVE: "audio" }, RF64: { WAVE: "audio" }, FORM: { AIFF: "audio", AIFC: "audio" } };
const PICTURES = [
  /^\xff\xd8\xff/, /^\x89PNG\r\n\x1a\n/, /^GIF8[79]a/, /^II[*+]\0/, /^MM\0[*+]/, /^\0\0\0\x0cjP {2}\r\n\x87\n/, /^\xff\x4f\xff\x51/,
  /^[^]{4}ftypavi[fs]/, /^BM[^]{4}\0{4}[^]{4}[\x0c\x28\x38\x40\x6c\x7c]\0{3}/, /^\0\0\x01\0[\x01-\x20]\0/,
  /^P[1-6][ \t-\r]+(#[^\n]*\n[ \t-\r]*)*\d+[ \t-\r]+(#[^\n]*\n[ \t-\r]*)*\d+[ \t-\r]/,
];
const SOUNDS = [/^fLaC/, /^OggS\0/, /^ID3[\x02-\x04]/, /^caff\0/, /^\.snd\0/, /^\xff[\xf2-\xf5\xfa-\xfd\xe2-\xe5][\x10-\xef]/];
const MARKS = [[/^\xef\xbb\xbf/, "utf-8"], [/^\xff\xfe\0\0/, "utf-32le"], [/^\0\0\xfe\xff/, "utf-32be"], [/^\xff\xfe/, "utf-16le"], [/^\xfe\xff/, "utf-16be"]];
const CONTROLS = /[\0-\x07\x0e-\x1a\x1c-\x1f\x7f]/;

/** Return the task type for a file, or null where none fits. */
export async function guess(file) {
  const bytes = await read(file, 0, HEAD_BYTES);
  const head = letters(bytes);
  if (head.startsWith("PK\x03\x04")) return (await isWord(file)) ? "document" : null;
  if (/^[ \t-\r]*%PDF-/.test(head)) return "document";
  const family = FAMILIES[head.slice(0, 4)];
  const begins = (marks) => marks.some((mark) => mark.test(head));
  const type = family ? family[head.slice(8, 12)] : begins(PICTURES) ? "image" : begins(SOUNDS) ? "audio" : null;
  if (type) return type;
  if (isText(bytes, head)) return "text";
  // A PDF may follow some other header, but a text may also just speak of its mark.
  return head.slice(0, PDF_WITHIN).includes("%PDF-") ? "document" : null;
}

const read = async (file, begin, end) => new Uint8Array(await file.slice(begin, end).arrayBuffer());

/** A letter for each byte, whatever it is; no browser's decoder does that. */
const letters = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");

/** Text in whatever encoding has no control codes but white space, escape and backspace. */
function isText(bytes, head) {
  const [, encoding] = MARKS.find(([mark]) => mark.test(head)) ?? [];
  if (encoding) return decodes(bytes, encoding);
  const text = head.replace(/\x1a+$/, ""); // with which old programs ended a text
  return text !== "" && !CONTROLS.test(text);
}

function decodes(bytes, encoding) {
  try {
    if (encoding.startsWith("utf-32")) return decodes32(new DataView(bytes.buffer), encoding.endsWith("le"));
    return !new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: true }).includes("\0");
  } catch {
    return false;
  }
}

function decodes32(view, little) {
  for (let place = 0; place + 4 <= view.byteLength; place += 4) {
    const code = view.getUint32(place, little);
    if (!code || String.fromCodePoint(code).match(/[\ud800-\udfff]/u)) return false;
  }
  return true;
}

/** The directory at the end of a DOCX, which is a ZIP, names Word's parts. */
async function isWord(file) {
  const tail = letters(await read(file, Math.max(0, file.size - ZIP_END_BYTES), file.size));
  const end = tail.lastIndexOf("PK\x05\x06");
  if (end < 0 || tail.length < end + 22) return false;
  const number = (text, at, length) => [...text.slice(at, at + length)].reduceRight((sum, letter) => sum * 256 + letter.charCodeAt(0), 0);
  const size = Math.min(number(tail, end + 12, 4), MOST_DIRECTORY_BYTES);
  const begin = Math.max(0, file.size - tail.length + end - number(tail, end + 12, 4));
  const directory = letters(await read(file, begin, begin + size));
  for (let place = 0; directory.startsWith("PK\x01\x02", place); ) {
    const [name, extra, comment] = [28, 30, 32].map((at) => number(directory, place + at, 2));
    if (directory.startsWith("word/", place + 46)) return true;
    place += 46 + name + extra + comment;
  }
  return false;
}
