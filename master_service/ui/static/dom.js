// Makes elements and words: the only place that knows how the page's text is written.

/** Make an element: properties that are functions listen, others are attributes; null is left out. */
export function h(tag, properties = {}, ...children) {
  return furnish(document.createElement(tag), properties, children);
}

/** The same for pictures: an SVG element. */
export function svg(tag, properties = {}, ...children) {
  return furnish(document.createElementNS("http://www.w3.org/2000/svg", tag), properties, children);
}

function furnish(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(element.style, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** "1 file", "2,000 files". */
export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

/** Bytes in the largest unit that leaves a number above one. */
export function bytes(size) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  const number = size.toLocaleString("en", { maximumFractionDigits: unit && size < 100 ? 1 : 0 });
  return number === "1" && !unit ? "1 byte" : `${number} ${units[unit]}`;
}

/** A duration as people say it. */
export function duration(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** Files a second, or a minute where that is a better number. */
export function rate(perSecond) {
  const [number, unit] = perSecond >= 1 ? [perSecond, "s"] : [perSecond * 60, "min"];
  const words = number.toLocaleString("en", { maximumFractionDigits: number < 10 ? 1 : 0 });
  return `${words} ${words === "1" ? "file" : "files"}/${unit}`;
}

/** The time of day of an ISO date, with the day where it is not today's. */
export function time(iso) {
  const date = new Date(iso);
  const today = date.toDateString() === new Date().toDateString();
  return date.toLocaleString("en-GB", today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
}

/** A bar of done, failed and what is left; `set` moves it. */
export function bar(done, failed, total, label = "Progress") {
  const [good, bad] = [h("div", { class: "bar-done" }), h("div", { class: "bar-failed" })];
  const element = h("div", { class: "bar", role: "progressbar", "aria-valuemin": 0, "aria-label": label }, good, bad);
  element.set = (nowDone, nowFailed, nowTotal) => {
    const share = (number) => `${nowTotal ? (100 * number) / nowTotal : 0}%`;
    good.style.width = share(nowDone);
    bad.style.width = share(nowFailed);
    element.setAttribute("aria-valuemax", nowTotal);
    element.setAttribute("aria-valuenow", nowDone + nowFailed);
  };
  element.set(done, failed, total);
  return element;
}

/** A button; while what it does is under way it can't be pressed again, and what goes wrong stands beside it. */
export function button(text, act, kind = "") {
  const trouble = h("span", { class: "error", role: "alert" });
  const element = h("button", { type: "button", class: kind, onclick: async () => {
    if (element.ariaBusy) return;
    // A disabled button would lose the focus.
    element.ariaBusy = "true";
    trouble.remove();
    try {
      await act();
    } catch (error) {
      trouble.textContent = error.message;
      element.after(trouble);
    } finally {
      element.ariaBusy = null;
    }
  } }, text);
  return element;
}

const drawn = new WeakMap();

/** Draw into `place` only when one of `keys` is another than the last time: what stays can be pressed and focused. */
export function keep(place, keys, draw) {
  const before = drawn.get(place);
  if (before?.length === keys.length && keys.every((key, number) => key === before[number])) return;
  drawn.set(place, [...keys]);
  const focused = place.contains(document.activeElement);
  place.replaceChildren(...[draw()].flat(Infinity).filter(Boolean));
  if (focused) place.querySelector("button, a, select")?.focus();
}

/** Name the view for the browser's tabs and history, and for who does not see it. */
export function title(words) {
  document.title = `${words} · File cluster`;
}

/** Text to paste elsewhere, with a button that copies it. */
export function snippet(text) {
  const copy = button("Copy", async () => {
    // Browsers give the clipboard itself to pages over TLS alone.
    if (navigator.clipboard) await navigator.clipboard.writeText(text);
    else select(code);
    copy.textContent = navigator.clipboard ? "Copied" : "Selected";
    setTimeout(() => { copy.textContent = "Copy"; }, 2000);
  });
  const code = h("code", { tabindex: 0 }, text);
  return h("div", { class: "snippet" }, code, copy);
}

function select(element) {
  getSelection().selectAllChildren(element);
  document.execCommand("copy");
}
