// Lets the user choose or drop files and folders.

import { button } from "./controls.js";
import { h } from "./elements.js";

/** [files button, folder button, inputs]; `onFiles` gets a promise of [{ file, path }]. */
export function filePickers(onFiles) {
  const inputs = [{}, { webkitdirectory: true }].map((properties) => {
    const input = h("input", { type: "file", multiple: true, class: "visually-hidden", tabindex: -1, "aria-hidden": "true", ...properties, onchange: () => {
      onFiles(Promise.resolve([...input.files].map(withPath)));
      input.value = "";
    } });
    return input;
  });
  return [button("Choose files", () => inputs[0].click(), "primary"), button("Choose a folder", () => inputs[1].click()), inputs];
}

/** Accept drops on `element`; in `onFiles`, the `file` of an unreadable one is null. */
export function acceptDrops(element, onFiles) {
  element.addEventListener("dragover", (event) => {
    event.preventDefault();
    element.classList.add("drag-over");
  });
  element.addEventListener("dragleave", () => element.classList.remove("drag-over"));
  element.addEventListener("drop", (event) => {
    event.preventDefault();
    element.classList.remove("drag-over");
    // Text and links can be dropped too.
    if (event.dataTransfer.types.includes("Files")) onFiles(droppedFiles(event.dataTransfer));
  });
  return element;
}

async function droppedFiles(transfer) {
  // Both must be called synchronously. WebKit can't read entries of files without a folder, such as images of web pages.
  const items = [...transfer.items].map((item) => ({ entry: item.webkitGetAsEntry?.(), file: item.getAsFile() })).filter(({ entry }) => entry);
  if (!items.length) return [...transfer.files].map(withPath);
  const found = [];
  for (const { entry, file } of items) {
    if (entry.isFile && file) found.push(withPath(file));
    else await walk(entry, found);
  }
  return found;
}

function withPath(file) {
  return { file, path: file.webkitRelativePath || file.name };
}

async function walk(entry, found) {
  const path = entry.fullPath.replace(/^\//, "");
  try {
    if (entry.isFile) {
      found.push({ file: await new Promise((resolve, reject) => entry.file(resolve, reject)), path });
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      // Chromium returns at most 100 entries at a time.
      const entries = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (!entries.length) return;
      for (const child of entries) await walk(child, found);
    }
  } catch {
    found.push({ file: null, path });
  }
}
