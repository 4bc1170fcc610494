// What was chosen and not sent yet, in groups by what the files are; it outlives the view.

import { guess } from "./content_types.js";
import { bytes } from "../format.js";

const GUESSES_AT_ONCE = 32;

/** Why files are left out, in the words of the page; those of a `fixed` kind can't be sent at all. */
const LEFT_OUT = {
  unknown: { reason: () => "of no kind that is known", fixed: false },
  empty: { reason: () => "empty", fixed: false },
  hidden: { reason: () => "hidden", fixed: false },
  tooLarge: { reason: (limits) => `over the limit of ${bytes(limits.file_bytes)} a file`, fixed: true },
  unreadable: { reason: () => "can't be read", fixed: true },
};

/** Groups by kind, in the order in which they came, or that nothing came; says "change" when any of it has changed. */
export const staging = Object.assign(new EventTarget(), { groups: new Map(), looking: 0, cleared: 0, nothing: false, add, clear, move, byType });

function changed() {
  staging.dispatchEvent(new Event("change"));
}

/** Look at files, of which a promise was made, and put each into its group. */
async function add(finding, limits) {
  const { cleared } = staging;
  staging.looking += 1;
  changed();
  try {
    const files = await finding;
    if (cleared === staging.cleared) staging.nothing = !files.length;
    for (let begin = 0; begin < files.length && cleared === staging.cleared; begin += GUESSES_AT_ONCE) {
      const some = files.slice(begin, begin + GUESSES_AT_ONCE);
      const kinds = await Promise.all(some.map((one) => kindOf(one, limits)));
      if (cleared === staging.cleared) some.forEach((one, place) => groupOf(kinds[place], limits).push(one));
    }
  } finally {
    if (cleared === staging.cleared) staging.looking -= 1;
    changed();
  }
}

async function kindOf(one, limits) {
  if (one.file === null) return "unreadable";
  // Asked for once: the browser looks at the disk each time.
  one.size = one.file.size;
  if (one.path.includes("/") && one.path.split("/").some((name) => name.startsWith("."))) return "hidden";
  if (one.size > limits.file_bytes) return "tooLarge";
  if (one.size === 0) return "empty";
  return guess(one.file).then((type) => type ?? "unknown", () => "unreadable");
}

function groupOf(kind, limits) {
  const left = LEFT_OUT[kind];
  if (!staging.groups.has(kind)) {
    staging.groups.set(kind, left
      ? { kind, files: [], type: "", reason: left.reason(limits), fixed: left.fixed }
      : { kind, files: [], type: kind, reason: null, fixed: false });
  }
  return staging.groups.get(kind).files;
}

/** Send a group as another type, or with "" leave it out. */
function move(group, type) {
  group.type = type;
  changed();
}

/** The files that would be sent, by type. */
function byType() {
  const found = new Map();
  for (const { type, files } of staging.groups.values()) {
    if (type) found.set(type, [...(found.get(type) ?? []), ...files]);
  }
  return found;
}

/** Let go of all that was chosen, also of what is being looked at. */
function clear() {
  staging.groups.clear();
  staging.cleared += 1;
  staging.looking = 0;
  staging.nothing = false;
  changed();
}
