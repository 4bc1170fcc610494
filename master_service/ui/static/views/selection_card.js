// Shows the selected files in groups, each with its task type, and sends them.

import { button } from "../components/controls.js";
import { card, h, renderIfChanged } from "../components/elements.js";
import { bytes, count } from "../format.js";
import { maxFormSize, totalSize } from "../upload/batches.js";
import { selection } from "../upload/selection.js";
import { enqueue } from "../upload/upload_queue.js";

const MAX_NAMES = 100;

/** A card that is hidden without a selection. */
export function selectionCard({ types, limits }, onSent) {
  const [heading, rows, error] = [h("h3", { role: "status" }), h("div", { class: "file-groups" }), h("p", { class: "error", role: "alert" })];
  const optionFields = h("div", { class: "stack options" });
  const optionValues = new Map();
  const sendButton = button("Send", send, "primary");
  const content = card("Files to send", heading, rows, optionFields, error, h("div", { class: "actions" }, sendButton, button("Clear", selection.clear)));
  // For a chosen folder with unreadable parts, browsers return no files at all.
  const nothingFound = h("p", { class: "notice", role: "alert" }, "No files found: the folder is empty, or part of it can't be read. If you drop it here instead, the readable files are found.");
  const element = h("div", { class: "stack" });
  const renderedRows = new WeakMap();

  function render() {
    const groups = [...selection.groups.values()].sort((a, b) => (a.skipReason !== null) - (b.skipReason !== null));
    const files = selection.filesByType();
    const tooLarge = [...files].filter(([, some]) => maxFormSize(some) > limits.job_bytes).map(([type]) => type);
    heading.textContent = selection.checking ? "Checking the files…" : "Ready to send";
    error.textContent = tooLarge.length ? `A job can have at most ${bytes(limits.job_bytes)}: send the files for ${tooLarge.join(", ")} in several jobs.` : "";
    sendButton.textContent = `Send ${count([...files.values()].reduce((sum, some) => sum + some.length, 0), "file")}`;
    sendButton.disabled = selection.checking > 0 || !files.size || tooLarge.length > 0;
    for (const group of groups) {
      if (!renderedRows.has(group)) renderedRows.set(group, groupRow(group, types));
      renderedRows.get(group).update();
    }
    renderIfChanged(rows, groups, () => groups.map((group) => renderedRows.get(group).element));
    const withOptions = types.filter(({ name, options }) => files.has(name) && options.length);
    renderIfChanged(optionFields, withOptions, () => withOptions.map((type) => optionsOf(type, optionValues)));
    const isShown = groups.length > 0 || selection.checking > 0;
    renderIfChanged(element, [isShown, selection.foundNothing], () => [selection.foundNothing ? nothingFound : null, isShown ? content : null]);
  }

  function send() {
    const filesByType = selection.filesByType();
    selection.clear();
    for (const [name, files] of filesByType) enqueue(types.find((type) => type.name === name), files, null, [], optionValues.get(name));
    optionValues.clear();
    onSent();
  }

  selection.addEventListener("change", render);
  render();
  return { element, stop: () => selection.removeEventListener("change", render) };
}

// A text field for each option of a type; empty ones are not sent.
function optionsOf(type, values) {
  return h("details", {}, h("summary", {}, `Options of ${type.name}`), type.options.map(({ name, text, example }) => {
    const id = `option-${type.name}-${name}`;
    const input = h("input", { id, placeholder: example, autocomplete: "off", spellcheck: "false", "aria-describedby": `${id}-text`, oninput: () => {
      const { [name]: _, ...others } = values.get(type.name) ?? {};
      values.set(type.name, input.value.trim() ? { ...others, [name]: input.value.trim() } : others);
    } });
    return h("div", {}, h("label", { for: id }, h("strong", {}, name)), " ", input, h("p", { id: `${id}-text`, class: "muted" }, text));
  }));
}

// `update` changes only texts, so that the select keeps its focus.
function groupRow(group, types) {
  const [amount, names] = [h("strong"), h("ul", { role: "list", class: "plain-list muted" })];
  const select = h("select", { "aria-label": `Task type for files: ${group.skipReason ?? group.category}`, onchange: () => selection.setType(group, select.value) },
    h("option", { value: "" }, "skip"), types.map(({ name }) => h("option", { value: name, selected: name === group.type }, name)));
  const details = h("details", { ontoggle: renderNames }, h("summary", { class: "truncate" }), names);
  const element = h("div", { class: "file-group" }, h("div", {}, amount, details), group.sendable ? select : h("span", { class: "muted" }, "skipped"));

  function update() {
    const first = group.files[0].path;
    amount.textContent = `${count(group.files.length, "file")}, ${bytes(totalSize(group.files))}${group.skipReason ? `: ${group.skipReason}` : ""}`;
    details.firstChild.textContent = group.files.length === 1 ? first : `${first} and others`;
    element.classList.toggle("muted", !group.type);
    renderNames();
  }

  function renderNames() {
    if (!details.open) return;
    const more = group.files.length - MAX_NAMES;
    names.replaceChildren(...group.files.slice(0, MAX_NAMES).map(({ path, size }) => h("li", { class: "truncate" }, size === undefined ? path : `${path}, ${bytes(size)}`)),
      ...(more > 0 ? [h("li", {}, `and ${count(more, "more", "more")}`)] : []));
  }

  return { element, update };
}
