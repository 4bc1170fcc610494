// Holds the files that are chosen and not sent yet, grouped by detected type; outlives the view.

import { bytes } from "../format.js";
import { detectTaskType } from "./content_types.js";

const CHECKS_AT_ONCE = 32;

// Why a group is skipped; the user may send it nevertheless if `sendable`.
const SKIP_REASONS = {
  unknown: { text: () => "unknown file type", sendable: true },
  empty: { text: () => "empty", sendable: true },
  hidden: { text: () => "hidden", sendable: true },
  tooLarge: { text: (limits) => `over the limit of ${bytes(limits.file_bytes)} per file`, sendable: false },
  unreadable: { text: () => "unreadable", sendable: false },
};

/**
 * Dispatches "change". `groups` are { category, files: [{ file, path, size }], type, skipReason, sendable } by
 * category (a task type or a key of SKIP_REASONS); `checking` is the number of running `add` calls.
 */
export const selection = Object.assign(new EventTarget(), { groups: new Map(), checking: 0, generation: 0, foundNothing: false, add, clear, setType, filesByType });

function changed() {
  selection.dispatchEvent(new Event("change"));
}

// Sort the promised files into groups; `clear` also ends this.
async function add(promisedFiles, limits) {
  const { generation } = selection;
  selection.checking += 1;
  changed();
  try {
    const files = await promisedFiles;
    if (generation === selection.generation) selection.foundNothing = !files.length;
    for (let begin = 0; begin < files.length && generation === selection.generation; begin += CHECKS_AT_ONCE) {
      const some = files.slice(begin, begin + CHECKS_AT_ONCE);
      const categories = await Promise.all(some.map((item) => categorize(item, limits)));
      if (generation === selection.generation) some.forEach((item, position) => groupOf(categories[position], limits).files.push(item));
    }
  } finally {
    if (generation === selection.generation) selection.checking -= 1;
    changed();
  }
}

async function categorize(item, limits) {
  if (item.file === null) return "unreadable";
  // Read once: each access to File.size asks the disk.
  item.size = item.file.size;
  if (item.path.includes("/") && item.path.split("/").some((name) => name.startsWith("."))) return "hidden";
  if (item.size > limits.file_bytes) return "tooLarge";
  if (item.size === 0) return "empty";
  return detectTaskType(item.file).then((type) => type ?? "unknown", () => "unreadable");
}

function groupOf(category, limits) {
  const reason = SKIP_REASONS[category];
  if (!selection.groups.has(category)) {
    selection.groups.set(category, reason
      ? { category, files: [], type: "", skipReason: reason.text(limits), sendable: reason.sendable }
      : { category, files: [], type: category, skipReason: null, sendable: true });
  }
  return selection.groups.get(category);
}

// With "", the group is skipped.
function setType(group, type) {
  group.type = type;
  changed();
}

// Map of the files to send, by task type.
function filesByType() {
  const found = new Map();
  for (const { type, files } of selection.groups.values()) {
    if (type) found.set(type, [...(found.get(type) ?? []), ...files]);
  }
  return found;
}

function clear() {
  selection.groups.clear();
  selection.generation += 1;
  selection.checking = 0;
  selection.foundNothing = false;
  changed();
}
