// Makes elements, and changes no more of the page than has to be.

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
  element.append(...some(children));
  return element;
}

const some = (children) => [children].flat(Infinity).filter((child) => child !== null && child !== undefined);

const drawn = new WeakMap();

/** Draw into `place` only when one of `keys` is another than the last time: what stays can be pressed and keeps the focus. */
export function keep(place, keys, draw) {
  const before = drawn.get(place);
  if (before?.length === keys.length && keys.every((key, number) => key === before[number])) return;
  drawn.set(place, [...keys]);
  const focused = place.contains(document.activeElement) && document.activeElement;
  place.replaceChildren(...some(draw()));
  if (!focused) return;
  // Where the one that had it is gone, no other gets it, which might be pressed in its stead.
  if (!focused.isConnected) place.tabIndex = -1;
  (focused.isConnected ? focused : place).focus({ preventScroll: true });
}

/** Name what is shown in `place` for the browser's tabs and history, unless it is shown no more. */
export function title(place, words) {
  if (place.isConnected) document.title = `${words} · File cluster`;
}
