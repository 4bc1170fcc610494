// Creates DOM elements, and replaces children only where their data has changed.

/** Functions in `properties` become event listeners, other values attributes; null is skipped. */
export function h(tag, properties = {}, ...children) {
  return assemble(document.createElement(tag), properties, children);
}

export function svg(tag, properties = {}, ...children) {
  return assemble(document.createElementNS("http://www.w3.org/2000/svg", tag), properties, children);
}

function assemble(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(element.style, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...flatten(children));
  return element;
}

const flatten = (children) => [children].flat(Infinity).filter((child) => child !== null && child !== undefined);

/** A description list; pairs with an empty value are skipped. */
export function propertyList(pairs) {
  return h("dl", { class: "properties" }, Object.entries(pairs).filter(([, value]) => (value ?? "") !== "")
    .map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, typeof value === "number" ? value.toLocaleString("en") : value))));
}

/** A section with a border; `label` is for screen readers. */
export const card = (label, ...children) => h("section", { class: "card", "aria-label": label }, ...children);

const lastKeys = new WeakMap();

/** If `keys` have changed, replace the children of `container` by `render()`, and keep the focus. */
export function renderIfChanged(container, keys, render) {
  const previous = lastKeys.get(container);
  if (previous?.length === keys.length && keys.every((key, position) => key === previous[position])) return;
  lastKeys.set(container, [...keys]);
  const focused = container.contains(document.activeElement) && document.activeElement;
  container.replaceChildren(...flatten(render()));
  if (!focused) return;
  // If the focused element is gone, focus the container, not another button.
  if (!focused.isConnected) container.tabIndex = -1;
  (focused.isConnected ? focused : container).focus({ preventScroll: true });
}

/** No effect once the view of `container` has ended. */
export function setTitle(container, text) {
  if (container.isConnected) document.title = `${text} · File cluster`;
}
