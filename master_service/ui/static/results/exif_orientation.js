// Rotates WebP images by their EXIF orientation; browsers apply it to JPEG and PNG only.

const ORIENTATION_TAG = 0x0112;
// The canvas transform by orientation (EXIF 2.32, 4.6.4), for an image of w × h pixels.
const TRANSFORMS = {
  2: (w) => [-1, 0, 0, 1, w, 0],
  3: (w, h) => [-1, 0, 0, -1, w, h],
  4: (w, h) => [1, 0, 0, -1, 0, h],
  5: () => [0, 1, 1, 0, 0, 0],
  6: (w, h) => [0, 1, -1, 0, h, 0],
  7: (w, h) => [0, -1, -1, 0, h, w],
  8: (w) => [0, -1, 1, 0, 0, w],
};
const FIRST_TRANSPOSED = 5;

/** Return the blob itself, or a rotated copy as PNG. */
export async function applyOrientation(blob) {
  const orientation = readOrientation(await webpExif(blob));
  const transform = TRANSFORMS[orientation];
  if (!transform) return blob;
  const bitmap = await createImageBitmap(blob, { imageOrientation: "none" });
  const { width, height } = bitmap;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = orientation >= FIRST_TRANSPOSED ? [height, width] : [width, height];
  const context = canvas.getContext("2d");
  context.setTransform(...transform(width, height));
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return new Promise((resolve, reject) => canvas.toBlob((copy) => (copy ? resolve(copy) : reject(new Error("The image is too large to be rotated.")))));
}

// The EXIF chunk of a WebP file, which is a RIFF container; null for any other file.
async function webpExif(blob) {
  const read = async (begin, end) => new DataView(await blob.slice(begin, end).arrayBuffer());
  if (fourCC(await read(0, 4), 0) !== "RIFF" || fourCC(await read(8, 12), 0) !== "WEBP") return null;
  for (let offset = 12; offset + 8 <= blob.size; ) {
    const header = await read(offset, offset + 8);
    const size = header.getUint32(4, true);
    if (fourCC(header, 0) === "EXIF") return read(offset + 8, offset + 8 + size);
    offset += 8 + size + (size % 2);
  }
  return null;
}

const fourCC = (view, offset) => (view.byteLength < offset + 4 ? "" : String.fromCharCode(...new Uint8Array(view.buffer, offset, 4)));

// The orientation in EXIF data (a TIFF file); 1 if there is none or it is invalid.
function readOrientation(exif) {
  if (!exif) return 1;
  const tiff = fourCC(exif, 0) === "Exif" ? 6 : 0; // some programs write the prefix of JPEG
  try {
    const isLittleEndian = exif.getUint16(tiff) === 0x4949;
    const directory = tiff + exif.getUint32(tiff + 4, isLittleEndian);
    for (let left = exif.getUint16(directory, isLittleEndian), entry = directory + 2; left > 0; left -= 1, entry += 12) {
      if (exif.getUint16(entry, isLittleEndian) === ORIENTATION_TAG) return exif.getUint16(entry + 8, isLittleEndian);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return 1;
}
