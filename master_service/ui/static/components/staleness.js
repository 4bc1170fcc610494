// Marks a view's data as stale while the master can't be asked, and refreshes it once it can.

import { connection } from "../api/connection.js";
import { duration } from "../format.js";
import { h } from "./elements.js";

const RERENDER_MS = 1000;

// How a text is shown while stale: [text, detail]; `age` is like "12 s ago".
const STALE_STATE = (text, age, state) => ["unknown", `, last seen ${state} ${age}`];
const STALE_TEXT = (text, age) => [`Unknown, last seen ${age}: ${text}`];
const NEVER_STALE = (text) => [text];

/**
 * Returns `refresh()`, which calls `fetchData` and marks the data as fresh or stale; `markFresh()`, for data
 * from elsewhere; `setText(element, text, isFinal)` and `setState(element, state, text)`, for texts that
 * change while stale. The class "stale" of `container` grays out its ".live-data".
 */
export function trackStaleness(container, fetchData) {
  const texts = new WeakMap();
  let [freshAt, stale, timer] = [null, false, null];
  const isOffline = () => !connection.reachable || !connection.loggedIn;

  function markFresh() {
    if (isOffline()) return;
    freshAt = performance.now();
    mark(false);
  }

  function mark(isStale) {
    if (stale === isStale || freshAt === null) return;
    stale = isStale;
    container.classList.toggle("stale", stale);
    clearInterval(timer);
    if (stale) timer = setInterval(renderAll, RERENDER_MS);
    renderAll();
  }

  const renderAll = () => container.querySelectorAll("[data-tracked]").forEach(render);

  function render(element) {
    if (!texts.has(element)) return; // of another view
    const { text, format, state } = texts.get(element);
    const [shown, detail = ""] = stale ? format(text, `${duration((performance.now() - freshAt) / 1000)} ago`, state) : [text];
    if (element.textContent === shown + detail) return;
    element.replaceChildren(shown, ...(detail ? [h("span", { class: "detail" }, detail)] : []));
  }

  function track(element, content) {
    element.dataset.tracked = "";
    texts.set(element, content);
    render(element);
    return element;
  }

  async function refresh() {
    try {
      const data = await fetchData();
      markFresh();
      return data;
    } catch (error) {
      mark(true);
      throw error;
    }
  }

  const onChange = () => {
    if (isOffline()) mark(true);
    else if (stale) refresh().catch(() => {}); // the view's next refresh follows
  };
  connection.addEventListener("change", onChange);

  return {
    refresh,
    markFresh,
    setText: (element, text, isFinal = false) => track(element, { text, format: isFinal ? NEVER_STALE : STALE_TEXT }),
    setState: (element, state, text = state) => track(element, { text, format: STALE_STATE, state }),
    stop: () => {
      connection.removeEventListener("change", onChange);
      clearInterval(timer);
    },
  };
}
