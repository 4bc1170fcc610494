// Reads the text chunks of a PNG (third edition, 11.3.3), in which an image result states facts.

const SIGNATURE_BYTES = 8;
const MAX_HEAD_BYTES = 64 * 1024;

/** Return a Map of the texts ahead of the pixels, by keyword; empty for a file that is no PNG. */
export async function pngTexts(blob) {
  const view = new DataView(await blob.slice(0, MAX_HEAD_BYTES).arrayBuffer());
  const texts = new Map();
  for (let place = SIGNATURE_BYTES; place + 12 <= view.byteLength; ) {
    const length = view.getUint32(place);
    const kind = decode(view, place + 4, 4, "latin1");
    const end = place + 8 + length;
    if (kind === "IDAT" || end > view.byteLength) break;
    const keyword = /^[^\0]{1,79}(?=\0)/.exec(kind === "tEXt" || kind === "iTXt" ? decode(view, place + 8, length, "latin1") : "")?.[0];
    if (keyword) texts.set(keyword, kind === "tEXt" ? decode(view, place + 9 + keyword.length, length - keyword.length - 1, "latin1") : international(view, place + 9 + keyword.length, end));
    place = end + 4;
  }
  return texts;
}

// After the keyword: two bytes about compression, the language and the translated keyword, which are empty.
const international = (view, begin, end) => decode(view, begin + 4, Math.max(0, end - begin - 4), "utf-8");

const decode = (view, begin, length, encoding) => new TextDecoder(encoding).decode(new Uint8Array(view.buffer, begin, length));
