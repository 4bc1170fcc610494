// What was chosen: a line for each kind of file, with the type that it would be sent as.

import { sizeOf, weightOf } from "../upload/batches.js";
import { h, keep } from "../components/elements.js";
import { send } from "../upload/upload_queue.js";
import { staging } from "../upload/selection.js";
import { button } from "../components/controls.js";
import { bytes, count } from "../format.js";

const NAMES_SHOWN = 100;

/** A card that is there while there is something to send; `sent` is called when it was, `end` lets the card go. */
export function chosenCard({ types, limits }, sent) {
  const [heading, rows, trouble] = [h("h3", { role: "status" }), h("div", { class: "groups" }), h("p", { class: "error", role: "alert" })];
  const go = button("Send", start, "primary");
  const card = h("section", { class: "card", "aria-label": "Files to send" }, heading, rows, trouble, h("div", { class: "actions" }, go, button("Clear", staging.clear)));
  // All that a browser tells of a folder in which it may not read everything, when it is chosen.
  const nothing = h("p", { class: "notice", role: "alert" }, "No file was found there: the folder is empty, or there is something in it that can't be read. Dropped here instead, it gives all that can be.");
  const element = h("div", { class: "stack" });
  const drawn = new WeakMap();

  function draw() {
    const groups = [...staging.groups.values()].sort((one, other) => (one.reason !== null) - (other.reason !== null));
    const chosen = staging.byType();
    const large = [...chosen].filter(([, files]) => weightOf(files) > limits.job_bytes).map(([type]) => type);
    heading.textContent = staging.looking ? "Looking at the files…" : "Ready to send";
    trouble.textContent = large.length ? `One job may have ${bytes(limits.job_bytes)}: send the files for ${large.join(", ")} in parts.` : "";
    go.textContent = `Send ${count([...chosen.values()].reduce((sum, files) => sum + files.length, 0), "file")}`;
    go.disabled = staging.looking > 0 || !chosen.size || large.length > 0;
    for (const group of groups) {
      if (!drawn.has(group)) drawn.set(group, groupRow(group, types));
      drawn.get(group).draw();
    }
    keep(rows, groups, () => groups.map((group) => drawn.get(group).element));
    const isThere = groups.length > 0 || staging.looking > 0;
    keep(element, [isThere, staging.nothing], () => [staging.nothing ? nothing : null, isThere ? card : null]);
  }

  function start() {
    const chosen = staging.byType();
    staging.clear();
    for (const [name, files] of chosen) send(types.find((type) => type.name === name), files);
    sent();
  }

  staging.addEventListener("change", draw);
  draw();
  return { element, end: () => staging.removeEventListener("change", draw) };
}

/** What stands in it moves while files come in; what can be pressed stays. */
function groupRow(group, types) {
  const [amount, names] = [h("strong"), h("ul", { role: "list", class: "plain faint" })];
  const select = h("select", { "aria-label": `Task type for the files that are ${group.reason ?? `of the kind ${group.kind}`}`, onchange: () => staging.move(group, select.value) },
    h("option", { value: "" }, "leave out"), types.map(({ name }) => h("option", { value: name, selected: name === group.type }, name)));
  const list = h("details", { ontoggle: drawNames }, h("summary", { class: "one-line" }), names);
  const element = h("div", { class: "group" }, h("div", {}, amount, list), group.fixed ? h("span", { class: "faint" }, "left out") : select);

  function draw() {
    const first = group.files[0].path;
    amount.textContent = `${count(group.files.length, "file")}, ${bytes(sizeOf(group.files))}${group.reason ? `: ${group.reason}` : ""}`;
    list.firstChild.textContent = group.files.length === 1 ? first : `${first} and others`;
    element.classList.toggle("faint", !group.type);
    drawNames();
  }

  function drawNames() {
    if (!list.open) return;
    const more = group.files.length - NAMES_SHOWN;
    names.replaceChildren(...group.files.slice(0, NAMES_SHOWN).map(({ path, size }) => h("li", { class: "one-line" }, size === undefined ? path : `${path}, ${bytes(size)}`)),
      ...(more > 0 ? [h("li", {}, `and ${count(more, "more", "more")}`)] : []));
  }

  return { element, draw };
}
