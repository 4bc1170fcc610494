// Turns WebP pictures upright as their EXIF data asks for; browsers do so with JPEG and PNG alone.

const ORIENTATION = 0x0112;
/** For each orientation: whether width and height change places, and the matrix that puts the picture right (EXIF 2.32, 4.6.4). */
const TURNS = {
  2: { swaps: false, matrix: (w) => [-1, 0, 0, 1, w, 0] },
  3: { swaps: false, matrix: (w, h) => [-1, 0, 0, -1, w, h] },
  4: { swaps: false, matrix: (w, h) => [1, 0, 0, -1, 0, h] },
  5: { swaps: true, matrix: () => [0, 1, 1, 0, 0, 0] },
  6: { swaps: true, matrix: (w, h) => [0, 1, -1, 0, h, 0] },
  7: { swaps: true, matrix: (w, h) => [0, -1, -1, 0, h, w] },
  8: { swaps: true, matrix: (w) => [0, -1, 1, 0, 0, w] },
};

/** Return what shows a picture upright: the same data where the browser does so by itself; raises where it can't be read. */
export async function upright(data) {
  const turn = TURNS[orientation(await exifOfWebp(data))];
  if (!turn) return data;
  const picture = await createImageBitmap(data, { imageOrientation: "none" });
  const { width, height } = picture;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = turn.swaps ? [height, width] : [width, height];
  const context = canvas.getContext("2d");
  context.setTransform(...turn.matrix(width, height));
  context.drawImage(picture, 0, 0);
  picture.close();
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("Too large to be turned.")))));
}

/** The chunk "EXIF" of a WebP file, which is a RIFF file of chunks; null in any other file. */
async function exifOfWebp(data) {
  const part = async (begin, end) => new DataView(await data.slice(begin, end).arrayBuffer());
  if (letters(await part(0, 4), 0) !== "RIFF" || letters(await part(8, 12), 0) !== "WEBP") return null;
  for (let at = 12; at + 8 <= data.size; ) {
    const head = await part(at, at + 8);
    const size = head.getUint32(4, true);
    if (letters(head, 0) === "EXIF") return part(at + 8, at + 8 + size);
    at += 8 + size + (size % 2);
  }
  return null;
}

const letters = (view, at) => (view.byteLength < at + 4 ? "" : String.fromCharCode(...new Uint8Array(view.buffer, at, 4)));

/** The orientation in EXIF data, which are a TIFF file; 1 where there is none, or none that can be read. */
function orientation(exif) {
  if (!exif) return 1;
  const tiff = letters(exif, 0) === "Exif" ? 6 : 0; // some programs write JPEG's mark before it
  try {
    const isLittle = exif.getUint16(tiff) === 0x4949;
    const first = tiff + exif.getUint32(tiff + 4, isLittle);
    for (let entry = exif.getUint16(first, isLittle), at = first + 2; entry > 0; entry -= 1, at += 12) {
      if (exif.getUint16(at, isLittle) === ORIENTATION) return exif.getUint16(at + 8, isLittle);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return 1;
}
