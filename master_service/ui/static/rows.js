// A list of any length that draws only the rows in sight, and fetches those it draws.

import { h } from "./dom.js";

const ROW_PX = 40;
const AHEAD_ROWS = 12;
const PAGE_ROWS = 200;
const AGAIN_MS = 5000;

/**
 * Make a list: `fetchPage(offset, limit)` brings rows, `draw(row)` makes an element of one.
 * `setTotal` tells how many there are, `refresh` draws anew what has changed meanwhile, or raises what is wrong.
 */
export function virtualList(fetchPage, draw, label) {
  const pages = new Map();
  const list = h("div", { class: "rows", role: "list", "aria-label": label });
  const frame = h("div", { class: "rows-frame", tabindex: 0, onscroll: () => requestAnimationFrame(paint) }, list);
  let [total, asked, painted] = [0, 0, ""];

  function setTotal(number) {
    total = number;
    list.style.height = `${total * ROW_PX}px`;
    frame.style.height = `${Math.min(total, 12) * ROW_PX + 2}px`;
    requestAnimationFrame(paint);
  }

  /** Fetch a page of rows; what was asked for later, and has come, is not put back. */
  async function fetchInto(page) {
    asked += 1;
    const turn = asked;
    const rows = await fetchPage(page * PAGE_ROWS, PAGE_ROWS);
    if (turn < (pages.get(page)?.turn ?? 0)) return;
    pages.set(page, { rows, turn });
    repaint();
  }

  async function load(page) {
    if (pages.has(page)) return;
    pages.set(page, { rows: [], turn: 0 });
    await fetchInto(page).catch(() => setTimeout(() => {
      pages.delete(page);
      repaint();
    }, AGAIN_MS));
  }

  function repaint() {
    painted = "";
    paint();
  }

  function paint() {
    if (!frame.isConnected) return;
    const first = Math.max(0, Math.floor(frame.scrollTop / ROW_PX) - AHEAD_ROWS);
    const last = Math.min(total, Math.ceil((frame.scrollTop + frame.clientHeight) / ROW_PX) + AHEAD_ROWS);
    const range = `${first}-${last}`;
    if (range === painted) return;
    painted = range;
    for (let page = Math.floor(first / PAGE_ROWS); page * PAGE_ROWS < last; page += 1) load(page);
    const rows = [];
    for (let place = first; place < last; place += 1) {
      const row = pages.get(Math.floor(place / PAGE_ROWS))?.rows[place % PAGE_ROWS];
      rows.push(h("div", { role: "listitem", "aria-setsize": total, "aria-posinset": place + 1, class: "place", style: { top: `${place * ROW_PX}px` } },
        row ? draw(row) : h("div", { class: "row faint" }, "…")));
    }
    const focused = frame.contains(document.activeElement) ? document.activeElement.dataset?.key : null;
    list.replaceChildren(...rows);
    if (focused) list.querySelector(`[data-key="${focused}"]`)?.focus({ preventScroll: true });
  }

  async function refresh() {
    const first = Math.floor(frame.scrollTop / ROW_PX / PAGE_ROWS);
    const last = Math.floor((frame.scrollTop + frame.clientHeight) / ROW_PX / PAGE_ROWS);
    for (const page of [...pages.keys()]) if (page < first || page > last) pages.delete(page);
    for (const page of [...pages.keys()]) await fetchInto(page);
  }

  new ResizeObserver(() => requestAnimationFrame(paint)).observe(frame);
  return { element: frame, setTotal, refresh };
}
