// The files of a job that failed, by the kind of failure, with what can be done about it.

import { get } from "../api/client.js";
import { h, keep } from "./elements.js";
import { paced } from "../timers.js";
import { isOver } from "../api/job_events.js";
import { button } from "./controls.js";
import { count } from "../format.js";

const NAMES_AT_ONCE = 100;
const MOST_NAMES = 10_000;
const REFRESH_MS = 5000;
/** Kinds with fewer files than this lie open. */
const FEW = 10;

/** What can be done about each kind of failure. */
const REMEDIES = {
  unsupported: "Not of a kind that this task type can use: choose another type.",
  corrupt: "Damaged: open and save it again, then send that.",
  encrypted: "A password is needed: save a copy without one.",
  empty: "There is nothing in it.",
  too_large: "Over a limit: split it or make it smaller.",
  timeout: "It took too long: split it, or raise FILE_TIMEOUT on the slaves.",
  out_of_memory: "More memory is needed than a worker may take: make it smaller, or raise WORKER_MEMORY on the slaves.",
  crashed: "A library died over it: try to open and save it again.",
  internal: "A fault of this program: please report it.",
  no_slave: "Nobody was there to do it: start a slave, then retry on the page of the job.",
};

/**
 * A card for a job's failures, which is there when there are some: `hear` takes the job whenever there is
 * news of it, and `end` is to be called when the card is not shown any more.
 */
export function failures(path) {
  const [heading, list] = [h("h3"), h("div", { class: "stack" })];
  const card = h("section", { class: "card live", "aria-label": "Files that need attention" }, heading, list);
  const element = h("div");
  const kinds = new Map();
  const refresh = paced(draw, REFRESH_MS);
  let [heard, wasOver] = [0, false];

  function hear(job) {
    // The last failure and the end may come one after the other.
    const isNew = job.failed_files !== heard || (heard > 0 && isOver(job) !== wasOver);
    [heard, wasOver] = [job.failed_files, isOver(job)];
    if (!isNew) return;
    if (wasOver) refresh.now();
    else refresh.soon();
  }

  async function draw() {
    const { by_code: counts } = await get(`${path}/failures`);
    const codes = Object.keys(counts).sort((one, other) => counts[other] - counts[one]);
    heading.textContent = `${count(Object.values(counts).reduce((sum, number) => sum + number, 0), "file needs", "files need")} attention`;
    for (const code of codes) if (!kinds.has(code)) kinds.set(code, kindOfFailure(path, code, counts[code] < FEW));
    keep(list, codes, () => codes.map((code) => kinds.get(code).element));
    keep(element, [codes.length > 0], () => (codes.length ? card : []));
    await Promise.all(codes.map((code) => kinds.get(code).draw(counts[code])));
  }

  return { element, hear, end: refresh.stop };
}

function kindOfFailure(path, code, open) {
  const [amount, names, trouble, more] = [h("span"), h("ul"), h("p", { class: "error", role: "alert" }), h("div")];
  const element = h("details", { open, ontoggle: () => { if (element.open) load().catch(tell); } },
    h("summary", {}, h("span", { class: "code" }, code), " ", amount), names, trouble, more);
  const showMore = button("Show more", () => {
    wanted = Math.min(MOST_NAMES, wanted + NAMES_AT_ONCE);
    return load();
  });
  let [total, loaded, wanted, asked] = [0, 0, NAMES_AT_ONCE, 0];

  async function draw(number) {
    total = number;
    amount.textContent = `${count(number, "file")}. ${REMEDIES[code] ?? ""}`;
    if (element.open && element.isConnected && loaded !== number) await load();
  }

  async function load() {
    // From the first on: while the job is under way, any of them may be new.
    asked += 1;
    const [turn, number] = [asked, total];
    const { files } = await get(`${path}?code=${encodeURIComponent(code)}&limit=${wanted}`);
    if (turn < asked) return; // of what was asked for later, more is wanted
    loaded = number;
    trouble.textContent = "";
    names.replaceChildren(...files.map((file) => h("li", {}, h("strong", {}, h("bdi", {}, file.filename)), `: ${file.error}`)));
    const hasMore = total > files.length;
    keep(more, [hasMore, wanted < MOST_NAMES], () => {
      if (!hasMore) return [];
      return wanted < MOST_NAMES ? showMore : h("p", { class: "faint" }, "More than these are not shown; all stand in the list of the job's files.");
    });
  }

  function tell(error) {
    trouble.textContent = error.message;
  }

  return { element, draw };
}
