// Guesses by its first bytes what a file is, to propose a task type; the slaves decide for themselves.

const HEAD_BYTES = 8192;
const PICTURES = ["ffd8ff", "89504e470d0a1a0a", "474946383761", "474946383961", "49492a00", "4d4d002a", "49492b00", "4d4d002b", "0000000c6a5020200d0a870a", "ff4fff51", "00000100"];
const SOUNDS = ["664c6143", "4f67675300", "49443302", "49443303", "49443304", "6361666600", "2e736e64", "fffb", "fff3", "fff2", "fffa"];
const MARKS = ["efbbbf", "fffe", "feff"];
const FORMS = { WEBP: "image", WAVE: "audio", AIFF: "audio", AIFC: "audio" };

/** Return the task type for a file, or null where none fits. */
export async function guess(file) {
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  if (!head.length) return null;
  const hex = [...head.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const ascii = (begin, end) => String.fromCharCode(...head.subarray(begin, end));
  const begins = (marks) => marks.some((mark) => hex.startsWith(mark));
  if (["RIFF", "RIFX", "RF64", "FORM"].includes(ascii(0, 4))) return FORMS[ascii(8, 12)] ?? null;
  if (ascii(4, 12).startsWith("ftypavi")) return "image";
  if (hex.startsWith("504b0304")) return (await isWord(file, head)) ? "document" : null;
  if (ascii(0, 1024).trimStart().startsWith("%PDF-")) return "document";
  if (begins(PICTURES) || /^BM[^]{4}\0{4}/.test(ascii(0, 10)) || /^P[1-6]\s+\d/.test(ascii(0, 8))) return "image";
  if (begins(SOUNDS)) return "audio";
  if (begins(MARKS) || isText(head)) return "text";
  return ascii(0, 1024).includes("%PDF-") ? "document" : null;
}

/** Of a ZIP file, Word's parts are named at its head, or in the directory at its end. */
async function isWord(file, head) {
  const tail = new Uint8Array(await file.slice(-65536).arrayBuffer());
  return [head, tail].some((bytes) => new TextDecoder("latin1").decode(bytes).includes("word/"));
}

/** Text in whatever encoding has no control codes but white space, escape and backspace. */
function isText(head) {
  let end = head.length;
  while (end && head[end - 1] === 0x1a) end -= 1;
  for (let place = 0; place < end; place += 1) {
    const byte = head[place];
    if (byte < 8 || byte === 0x7f || (byte > 13 && byte < 32 && byte !== 27)) return false;
  }
  return end > 0;
}
