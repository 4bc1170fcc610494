// Marks what a view shows as stale while the master can't be asked, and asks again once it can.

import { connection } from "../api/client.js";
import { h } from "./elements.js";
import { duration } from "../format.js";

const REDRAW_MS = 1000;

/** How the words of the last answer are shown while they are stale; `ago` is as "12 s ago". */
const OF_A_STATE = (words, ago, state) => ["unknown", `, last seen ${state} ${ago}`];
const OF_A_LINE = (words, ago) => [`Unknown, last seen ${ago}: ${words}`];
const AS_IT_IS = (words) => [words];

/**
 * Follow how old what `place` shows is. `ask` brings a new answer; it is called once the master is back.
 * In what is returned, `ask` does the same and notes whether it succeeded; `heard` notes an answer that
 * came in another way, or was drawn before `ask` is over; `badge` and `say` make texts that change with
 * it. While the answer is stale, `place` has the class "stale", by which the style sheet greys all that
 * has the class "live" in it.
 */
export function freshness(place, ask) {
  const texts = new WeakMap();
  let [heardAt, stale, timer] = [null, false, null];
  const isLost = () => !connection.up || !connection.loggedIn;

  function heard() {
    if (isLost()) return;
    heardAt = performance.now();
    mark(false);
  }

  function mark(isStale) {
    if (stale === isStale || heardAt === null) return;
    stale = isStale;
    place.classList.toggle("stale", stale);
    clearInterval(timer);
    if (stale) timer = setInterval(drawAll, REDRAW_MS);
    drawAll();
  }

  const drawAll = () => place.querySelectorAll("[data-answer]").forEach(draw);

  function draw(element) {
    if (!texts.has(element)) return; // of another view
    const { words, form, state } = texts.get(element);
    const [text, detail = ""] = stale ? form(words, `${duration((performance.now() - heardAt) / 1000)} ago`, state) : [words];
    if (element.textContent === text + detail) return;
    // Where there is little room, the style sheet leaves the detail out.
    element.replaceChildren(text, ...(detail ? [h("span", { class: "detail" }, detail)] : []));
  }

  function put(element, shown) {
    element.dataset.answer = "";
    texts.set(element, shown);
    draw(element);
    return element;
  }

  async function noted() {
    try {
      const answer = await ask();
      heard();
      return answer;
    } catch (error) {
      mark(true);
      throw error;
    }
  }

  const onChange = () => {
    if (isLost()) mark(true);
    else if (stale) noted().catch(() => {}); // then with the view's own next question
  };
  connection.addEventListener("change", onChange);

  return {
    ask: noted,
    heard,
    /** Let an element say words of the last answer; with `isFinal` they hold whatever happens. */
    say: (element, words, isFinal = false) => put(element, { words, form: isFinal ? AS_IT_IS : OF_A_LINE }),
    /** Let an element say the state of a slave or file, in other words where they are given. */
    badge: (element, state, words = state) => put(element, { words, form: OF_A_STATE, state }),
    end: () => {
      connection.removeEventListener("change", onChange);
      clearInterval(timer);
    },
  };
}
