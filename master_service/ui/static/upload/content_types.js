// Detects by a file's first bytes which task type to propose, by the same rules as protocol/content_types.py.

import { isMarkup, isSvg } from "./markup.js";

const HEAD_BYTES = 8192;
const PDF_WITHIN = 1024;
// The end record of a ZIP and its longest comment.
const ZIP_END_BYTES = 22 + 65_535;
const MAX_DIRECTORY_BYTES = 4 * 1024 * 1024;
const CONTAINERS = { RIFF: { WEBP: "image", WAVE: "audio" }, RIFX: { WAVE: "audio" }, RF64: { WAVE: "audio" }, BW64: { WAVE: "audio" }, FORM: { AIFF: "audio", AIFC: "audio" } };
const PICTURES = [
  /^\xff\xd8\xff/, /^\x89PNG\r\n\x1a\n/, /^GIF8[79]a/, /^II[*+]\0/, /^MM\0[*+]/, /^\0\0\0\x0cjP {2}\r\n\x87\n/, /^\xff\x4f\xff\x51/,
  /^8BPS\0\x01\0\0/, /^icns\0/, /^DDS \x7c\0\0\0/,
  /^[^]{4}ftyp(avi[fs]|hei[cmsx]|hev[cmsx]|mif1|msf1)/, /^BM[^]{4}\0{4}[^]{4}[\x0c\x28\x38\x40\x6c\x7c]\0{3}/, /^\0\0[\x01\x02]\0[\x01-\x20]\0/,
  /^\n[\0\x02-\x05]\x01[\x01\x02\x04\x08][^]{60}\0[\x01-\x04]/, /^\x01\xda[\0\x01][\x01\x02]\0[\x01-\x03]/, /^qoif[^]{8}[\x03\x04][\0\x01]/,
  /^P[1-6][ \t-\r]+(#[^\n]*\n[ \t-\r]*)*\d+[ \t-\r]+(#[^\n]*\n[ \t-\r]*)*\d+[ \t-\r]/,
];
// TGA has no signature, so every field of its header is checked, and after all other formats.
const TGA = /^[^](\x01[\x01\x09][^]{4}[\x10\x18\x20][^]{4}(?!\0\0)[^]{2}(?!\0\0)[^]{2}\x08|\0[\x02\x0a]\0{5}[^]{4}(?!\0\0)[^]{2}(?!\0\0)[^]{2}[\x10\x18\x20]|\0[\x03\x0b]\0{5}[^]{4}(?!\0\0)[^]{2}(?!\0\0)[^]{2}[\x01\x08\x10])[\0-\x08\x10-\x18\x20-\x28\x30-\x38]/;
const SOUNDS = [
  /^fLaC/, /^OggS\0/, /^ID3[\x02-\x04]/, /^caff\0/, /^\.snd\0/, /^\x1a\x45\xdf\xa3/, /^\x30\x26\xb2\x75\x8e\x66\xcf\x11/, /^#!AMR(-WB)?\n/,
  /^\xff[\xf2-\xf5\xfa-\xfd\xe2-\xe5][\x10-\xef]/, /^\xff[\xf0\xf1\xf8\xf9][\0-\x33\x40-\x73\x80-\xb3\xc0-\xf3]/, /^\x0b\x77[^]{3}[\0-\x87]/, /^[^]{4}ftyp(?!crx )[ -~]{4}/,
];
const OLE = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
// Streams of Word documents before 2007 and of mails of Outlook, in UTF-16.
const OLE_NAMES = ["WordDocument", "__substg1.0_", "__properties_version1.0"].map((name) => [...name].map((char) => `${char}\0`).join(""));
const PACKAGES = ["word/", "ppt/", "xl/", "content.xml", "META-INF/container.xml"];
const BYTE_ORDER_MARKS = [[/^\xef\xbb\xbf/, "utf-8"], [/^\xff\xfe\0\0/, "utf-32le"], [/^\0\0\xfe\xff/, "utf-32be"], [/^\xff\xfe/, "utf-16le"], [/^\xfe\xff/, "utf-16be"]];
const CONTROLS = /[\0-\x07\x0e-\x1a\x1c-\x1f\x7f]/;

/** Return the task type for a file, or null if none fits. */
export async function detectTaskType(file) {
  const bytes = await readBytes(file, 0, HEAD_BYTES);
  const head = binaryString(bytes);
  if (head.startsWith("PK\x03\x04")) return (await isDocument(file)) ? "document" : null;
  if (head.startsWith(OLE)) return (await isOleDocument(file, head)) ? "document" : null;
  if (/^[ \t-\r]*%PDF-/.test(head)) return "document";
  const forms = CONTAINERS[head.slice(0, 4)];
  const matches = (signatures) => signatures.some((signature) => signature.test(head));
  const type = forms ? forms[head.slice(8, 12)] : matches(PICTURES) ? "image" : matches(SOUNDS) ? "audio" : TGA.test(head) ? "image" : null;
  if (type) return type;
  if (isText(bytes, head)) return isSvg(head) ? "image" : isMarkup(head) ? "document" : "text";
  // Other bytes may precede a PDF's signature. Text comes first: it may quote the signature.
  return head.slice(0, PDF_WITHIN).includes("%PDF-") ? "document" : null;
}

const readBytes = async (file, begin, end) => new Uint8Array(await file.slice(begin, end).arrayBuffer());

// One character (U+0000 to U+00FF) per byte; TextDecoder has no such encoding.
const binaryString = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");

// Unicode with a byte order mark, or no control characters.
function isText(bytes, head) {
  const [, encoding] = BYTE_ORDER_MARKS.find(([mark]) => mark.test(head)) ?? [];
  if (encoding) return decodes(bytes, encoding);
  const text = head.replace(/\x1a+$/, ""); // the end-of-file character of DOS programs
  return text !== "" && !CONTROLS.test(text);
}

function decodes(bytes, encoding) {
  try {
    if (encoding.startsWith("utf-32")) return decodesUtf32(new DataView(bytes.buffer), encoding.endsWith("le"));
    return !new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: true }).includes("\0");
  } catch {
    return false;
  }
}

function decodesUtf32(view, isLittleEndian) {
  for (let offset = 0; offset + 4 <= view.byteLength; offset += 4) {
    const code = view.getUint32(offset, isLittleEndian);
    if (!code || String.fromCodePoint(code).match(/[\ud800-\udfff]/u)) return false;
  }
  return true;
}

async function isOleDocument(file, head) {
  if (head.length < 52) return false;
  const sectorBytes = head.slice(30, 32) === "\x0c\0" ? 4096 : 512;
  const begin = (littleEndian(head, 48, 4) + 1) * sectorBytes;
  const directory = binaryString(await readBytes(file, begin, begin + HEAD_BYTES));
  return OLE_NAMES.some((name) => directory.includes(name));
}

const littleEndian = (text, offset, length) => [...text.slice(offset, offset + length)].reduceRight((sum, char) => sum * 256 + char.charCodeAt(0), 0);

// Whether the central directory of a ZIP has a name of Office, OpenDocument or EPUB.
async function isDocument(file) {
  const tail = binaryString(await readBytes(file, Math.max(0, file.size - ZIP_END_BYTES), file.size));
  const end = tail.lastIndexOf("PK\x05\x06");
  if (end < 0 || tail.length < end + 22) return false;
  const size = Math.min(littleEndian(tail, end + 12, 4), MAX_DIRECTORY_BYTES);
  const begin = Math.max(0, file.size - tail.length + end - littleEndian(tail, end + 12, 4));
  const directory = binaryString(await readBytes(file, begin, begin + size));
  for (let offset = 0; directory.startsWith("PK\x01\x02", offset); ) {
    const [name, extra, comment] = [28, 30, 32].map((field) => littleEndian(directory, offset + field, 2));
    if (PACKAGES.some((begin) => directory.startsWith(begin, offset + 46))) return true;
    offset += 46 + name + extra + comment;
  }
  return false;
}
