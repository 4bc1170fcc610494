// A list of any length that draws only the rows in sight, and fetches those it draws.

import { h } from "./elements.js";

/** As high as .row in the style sheet, which grows with the reader's letters. */
const ROW_REM = 2.5;
const AHEAD_ROWS = 12;
const MOST_SHOWN_ROWS = 12;
const PAGE_ROWS = 200;
/** Browsers draw nothing that is much higher than this (Firefox from 17.9 million on). */
const MOST_PX = 8_000_000;
/** So many times the height of the frame is no step any more, but a leap. */
const LEAP = 2;
const AGAIN_MS = 5000;

/**
 * Make a list: `fetchPage(offset, limit)` brings rows, `draw(row)` makes an element of one. `setTotal`
 * tells how many there are; `refresh` draws what has changed meanwhile, or raises what is wrong;
 * `goTo` leads back to where `where` was.
 */
export function virtualList(fetchPage, draw, label) {
  const rowPx = ROW_REM * parseFloat(getComputedStyle(document.documentElement).fontSize);
  const pages = new Map();
  /** The elements in the list by their place, each with the row that it shows. */
  const drawn = new Map();
  const list = h("div", { class: "rows", role: "list", "aria-label": label });
  const frame = h("div", { class: "rows-frame", tabindex: 0, onscroll: () => requestAnimationFrame(paint) }, list);
  const seen = { top: 0, from: 0 };
  let [total, asked, wanted] = [0, 0, null];

  function setTotal(number) {
    total = number;
    list.style.height = `${Math.min(MOST_PX, total * rowPx)}px`;
    frame.style.height = `${Math.min(total, MOST_SHOWN_ROWS) * rowPx + 2}px`;
    requestAnimationFrame(paint);
  }

  /**
   * How far down all rows one looks (px). In a list that is higher than a browser can draw, a step leads
   * as far as in any other, and a leap, or coming to an end of it, to the same part of all rows.
   */
  function seenFrom() {
    const [all, view, top] = [total * rowPx, frame.clientHeight, frame.scrollTop];
    const most = Math.min(all, MOST_PX) - view;
    const isLeap = top <= 0 || top >= most - 1 || Math.abs(top - seen.top) > LEAP * view;
    const step = seen.from + top - seen.top;
    const leap = (top * (all - view)) / most;
    seen.from = all <= MOST_PX ? top : isLeap ? leap : Math.max(0, Math.min(all - view, step));
    seen.top = top;
    return seen.from;
  }

  /** Fetch a page of rows; what was asked for later, and has come, is not put back. */
  async function fetchInto(page) {
    asked += 1;
    const turn = asked;
    const rows = await fetchPage(page * PAGE_ROWS, PAGE_ROWS);
    if (turn < (pages.get(page)?.turn ?? 0)) return;
    pages.set(page, { rows, turn });
    paint();
  }

  async function load(page) {
    if (pages.has(page)) return;
    pages.set(page, { rows: [], turn: 0 });
    await fetchInto(page).catch(() => setTimeout(() => {
      if (pages.get(page)?.turn === 0) pages.delete(page);
      paint();
    }, AGAIN_MS));
  }

  function paint() {
    if (!frame.isConnected) return;
    const from = seenFrom();
    const first = Math.max(0, Math.floor(from / rowPx) - AHEAD_ROWS);
    const last = Math.min(total, Math.ceil((from + frame.clientHeight) / rowPx) + AHEAD_ROWS);
    for (let page = Math.floor(first / PAGE_ROWS); page * PAGE_ROWS < last; page += 1) load(page);
    for (const [place, { element }] of drawn) {
      if (place >= first && place < last) continue;
      element.remove();
      drawn.delete(place);
    }
    // From the end on, so that each can stand before the next: the Tab key goes by this order.
    for (let [place, next] = [last - 1, null]; place >= first; place -= 1) next = paintRow(place, next);
    for (const [place, { element }] of drawn) element.style.top = `${place * rowPx - from + frame.scrollTop}px`;
    if (wanted) lead(wanted);
  }

  /** Draw a row that is not there, or has changed; what stays can be pressed. */
  function paintRow(place, next) {
    const row = pages.get(Math.floor(place / PAGE_ROWS))?.rows[place % PAGE_ROWS];
    const text = JSON.stringify(row);
    const before = drawn.get(place);
    if (before && before.text === text && before.total === total) return before.element;
    const element = h("div", { role: "listitem", "aria-setsize": total, "aria-posinset": place + 1, class: "place" },
      row ? draw(row) : h("div", { class: "row faint" }, "…"));
    const focused = before?.element.contains(document.activeElement);
    if (before) before.element.replaceWith(element);
    else list.insertBefore(element, next);
    if (focused) element.querySelector("a")?.focus({ preventScroll: true });
    drawn.set(place, { element, text, total });
    return element;
  }

  function lead(key) {
    const link = list.querySelector(`[data-key="${key}"]`);
    if (!link) return;
    wanted = null;
    link.focus({ preventScroll: true });
  }

  async function refresh() {
    const first = Math.floor(seenFrom() / rowPx / PAGE_ROWS);
    const last = Math.floor((seenFrom() + frame.clientHeight) / rowPx / PAGE_ROWS);
    for (const page of [...pages.keys()]) if (page < first || page > last) pages.delete(page);
    for (const page of [...pages.keys()]) await fetchInto(page);
  }

  function where() {
    seenFrom();
    return { ...seen, key: frame.contains(document.activeElement) ? document.activeElement.dataset.key : null };
  }

  function goTo({ top, from, key }) {
    frame.scrollTop = top;
    Object.assign(seen, { top: frame.scrollTop, from });
    wanted = key;
  }

  new ResizeObserver(() => requestAnimationFrame(paint)).observe(frame);
  return { element: frame, setTotal, refresh, where, goTo };
}
