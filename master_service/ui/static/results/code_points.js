// Cuts a text at offsets in code points, as the results give them; JavaScript counts UTF-16 code units.

/** So many code points lie between two offsets that are kept. */
const STEP = 65_536;

/** Return `slice(begin, end)` for a text. It counts no further than asked, and only once; no copy of the text is made. */
export function codePointSlicer(text) {
  /** The offset in code units of each STEP-th code point that was counted so far. */
  const marks = [0];

  function unitsAt(offset) {
    const mark = Math.floor(offset / STEP);
    while (marks.length <= mark) marks.push(forward(marks.at(-1), STEP));
    return forward(marks[mark], offset % STEP);
  }

  function forward(units, codePoints) {
    let at = units;
    for (let left = codePoints; left > 0 && at < text.length; left -= 1) at += text.codePointAt(at) > 0xffff ? 2 : 1;
    return at;
  }

  return (begin, end) => text.slice(unitsAt(begin), unitsAt(end));
}
