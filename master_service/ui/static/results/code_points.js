// Slices a text by offsets in code points, as results give them; JavaScript counts UTF-16 code units.

// Code points between two cached offsets.
const STEP = 65_536;

/** Return `slice(begin, end)`, which scans the text once, as far as needed. */
export function codePointSlicer(text) {
  // In code units, of every STEP-th code point scanned so far.
  const offsets = [0];

  function toUnits(codePoint) {
    const step = Math.floor(codePoint / STEP);
    while (offsets.length <= step) offsets.push(advance(offsets.at(-1), STEP));
    return advance(offsets[step], codePoint % STEP);
  }

  function advance(units, codePoints) {
    let offset = units;
    for (let left = codePoints; left > 0 && offset < text.length; left -= 1) offset += text.codePointAt(offset) > 0xffff ? 2 : 1;
    return offset;
  }

  return (begin, end) => text.slice(toUnits(begin), toUnits(end));
}
