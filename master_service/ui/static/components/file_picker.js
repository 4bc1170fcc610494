// Takes in what is chosen or dropped, folders too: a list of files, each with its path.

import { h } from "./elements.js";
import { button } from "./controls.js";

/** Two buttons that open a dialog; `take` gets a promise of what was chosen there. */
export function pickers(take) {
  const inputs = [{}, { webkitdirectory: true }].map((properties) => {
    const input = h("input", { type: "file", multiple: true, class: "hidden", tabindex: -1, "aria-hidden": "true", ...properties, onchange: () => {
      take(Promise.resolve([...input.files].map(named)));
      input.value = "";
    } });
    return input;
  });
  return [button("Choose files", () => inputs[0].click(), "primary"), button("Choose a folder", () => inputs[1].click()), inputs];
}

/** Let files and folders be dropped on an element; `take` gets a promise of what they are. */
export function takeDrops(element, take) {
  element.addEventListener("dragover", (event) => {
    event.preventDefault();
    element.classList.add("over");
  });
  element.addEventListener("dragleave", () => element.classList.remove("over"));
  element.addEventListener("drop", (event) => {
    event.preventDefault();
    element.classList.remove("over");
    // Words and links can be dropped as well, and are no files.
    if (event.dataTransfer.types.includes("Files")) take(dropped(event.dataTransfer));
  });
  return element;
}

async function dropped(transfer) {
  // Both are to be asked for at once. WebKit reads no entry of a file without a folder, as of a picture from another page.
  const items = [...transfer.items].map((item) => ({ entry: item.webkitGetAsEntry?.(), file: item.getAsFile() })).filter(({ entry }) => entry);
  if (!items.length) return [...transfer.files].map(named);
  const found = [];
  for (const { entry, file } of items) {
    if (entry.isFile && file) found.push(named(file));
    else await walk(entry, found);
  }
  return found;
}

function named(file) {
  return { file, path: file.webkitRelativePath || file.name };
}

/** What can't be read is found too, without a file. */
async function walk(entry, found) {
  const path = entry.fullPath.replace(/^\//, "");
  try {
    if (entry.isFile) {
      found.push({ file: await new Promise((resolve, reject) => entry.file(resolve, reject)), path });
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      // It hands out a hundred at a time.
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (!some.length) return;
      for (const one of some) await walk(one, found);
    }
  } catch {
    found.push({ file: null, path });
  }
}
