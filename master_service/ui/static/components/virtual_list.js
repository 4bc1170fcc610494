// Shows a list of any length: renders only the visible rows, and fetches them in pages.

import { h } from "./elements.js";

// The height of .row in style.css.
const ROW_REM = 2.5;
const OVERSCAN_ROWS = 12;
const MAX_VISIBLE_ROWS = 12;
const PAGE_ROWS = 200;
// Browsers limit the height of an element (Firefox: 17.9 million px).
const MAX_HEIGHT_PX = 8_000_000;
// Scrolling by more than this many viewports is a jump.
const JUMP_VIEWPORTS = 2;
const RETRY_MS = 5000;

/**
 * `fetchPage(offset, limit)` resolves to rows, `renderRow(row)` returns an element. In the returned list,
 * `refresh()` fetches the visible pages again; `restore(position())` scrolls back and focuses the same row.
 */
export function virtualList(fetchPage, renderRow, label) {
  const rowPx = ROW_REM * parseFloat(getComputedStyle(document.documentElement).fontSize);
  const pages = new Map();
  // Rendered rows by index: { element, json, total }.
  const rendered = new Map();
  const content = h("div", { class: "virtual-list-content", role: "list", "aria-label": label });
  const viewport = h("div", { class: "virtual-list", tabindex: 0, onscroll: () => requestAnimationFrame(render) }, content);
  const scroll = { top: 0, offset: 0 };
  let [total, fetches, keyToFocus] = [0, 0, null];

  function setTotal(rows) {
    total = rows;
    content.style.height = `${Math.min(MAX_HEIGHT_PX, total * rowPx)}px`;
    viewport.style.height = `${Math.min(total, MAX_VISIBLE_ROWS) * rowPx + 2}px`;
    requestAnimationFrame(render);
  }

  /**
   * The viewport's offset (px) in the full list. Where that is higher than MAX_HEIGHT_PX, scrolling moves by
   * the same distance in both, and a jump, or reaching an end, in proportion.
   */
  function scrollOffset() {
    const [fullHeight, height, top] = [total * rowPx, viewport.clientHeight, viewport.scrollTop];
    const maxTop = Math.min(fullHeight, MAX_HEIGHT_PX) - height;
    const isJump = top <= 0 || top >= maxTop - 1 || Math.abs(top - scroll.top) > JUMP_VIEWPORTS * height;
    const moved = scroll.offset + top - scroll.top;
    const proportional = (top * (fullHeight - height)) / maxTop;
    scroll.offset = fullHeight <= MAX_HEIGHT_PX ? top : isJump ? proportional : Math.max(0, Math.min(fullHeight - height, moved));
    scroll.top = top;
    return scroll.offset;
  }

  // Responses may arrive out of order.
  async function fetchRows(page) {
    fetches += 1;
    const order = fetches;
    const rows = await fetchPage(page * PAGE_ROWS, PAGE_ROWS);
    if (order < (pages.get(page)?.order ?? 0)) return;
    pages.set(page, { rows, order });
    render();
  }

  async function load(page) {
    if (pages.has(page)) return;
    pages.set(page, { rows: [], order: 0 });
    await fetchRows(page).catch(() => setTimeout(() => {
      if (pages.get(page)?.order === 0) pages.delete(page);
      render();
    }, RETRY_MS));
  }

  function render() {
    if (!viewport.isConnected) return;
    const offset = scrollOffset();
    const first = Math.max(0, Math.floor(offset / rowPx) - OVERSCAN_ROWS);
    const end = Math.min(total, Math.ceil((offset + viewport.clientHeight) / rowPx) + OVERSCAN_ROWS);
    for (let page = Math.floor(first / PAGE_ROWS); page * PAGE_ROWS < end; page += 1) load(page);
    for (const [index, { element }] of rendered) {
      if (index >= first && index < end) continue;
      element.remove();
      rendered.delete(index);
    }
    // Backwards, to insert each before the next: the Tab key follows the document.
    for (let [index, next] = [end - 1, null]; index >= first; index -= 1) next = updateRow(index, next);
    for (const [index, { element }] of rendered) element.style.top = `${index * rowPx - offset + viewport.scrollTop}px`;
    if (keyToFocus) focusRow(keyToFocus);
  }

  function updateRow(index, next) {
    const row = pages.get(Math.floor(index / PAGE_ROWS))?.rows[index % PAGE_ROWS];
    const json = JSON.stringify(row);
    const previous = rendered.get(index);
    if (previous && previous.json === json && previous.total === total) return previous.element;
    const element = h("div", { role: "listitem", "aria-setsize": total, "aria-posinset": index + 1, class: "virtual-row" },
      row ? renderRow(row) : h("div", { class: "row muted" }, "…"));
    const isFocused = previous?.element.contains(document.activeElement);
    if (previous) previous.element.replaceWith(element);
    else content.insertBefore(element, next);
    if (isFocused) element.querySelector("a")?.focus({ preventScroll: true });
    rendered.set(index, { element, json, total });
    return element;
  }

  function focusRow(key) {
    const link = content.querySelector(`[data-key="${key}"]`);
    if (!link) return;
    keyToFocus = null;
    link.focus({ preventScroll: true });
  }

  async function refresh() {
    const first = Math.floor(scrollOffset() / rowPx / PAGE_ROWS);
    const last = Math.floor((scrollOffset() + viewport.clientHeight) / rowPx / PAGE_ROWS);
    for (const page of [...pages.keys()]) if (page < first || page > last) pages.delete(page);
    for (const page of [...pages.keys()]) await fetchRows(page);
  }

  function position() {
    scrollOffset();
    return { ...scroll, key: viewport.contains(document.activeElement) ? document.activeElement.dataset.key : null };
  }

  function restore({ top, offset, key }) {
    viewport.scrollTop = top;
    Object.assign(scroll, { top: viewport.scrollTop, offset });
    keyToFocus = key;
  }

  new ResizeObserver(() => requestAnimationFrame(render)).observe(viewport);
  return { element: viewport, setTotal, refresh, position, restore };
}
