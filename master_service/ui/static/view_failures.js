// The files of a job that failed, by the kind of failure, with what can be done about it.

import { get } from "./api.js";
import { button, count, h, keep } from "./dom.js";

const NAMES_AT_ONCE = 100;
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
  no_slave: "Nobody was there to do it: start a slave, then retry.",
};

/** A card for a job's failures, which is there when there are some; `draw` asks for what is new. */
export function failures(jobId) {
  const [heading, list] = [h("h3"), h("div", { class: "stack" })];
  const card = h("section", { class: "card", "aria-label": "Files that need attention" }, heading, list);
  const element = h("div");
  const kinds = new Map();

  async function draw() {
    const { by_code: counts } = await get(`/jobs/${jobId}/failures`);
    const codes = Object.keys(counts).sort((one, other) => counts[other] - counts[one]);
    heading.textContent = `${count(Object.values(counts).reduce((sum, number) => sum + number, 0), "file needs", "files need")} attention`;
    for (const code of codes) {
      if (!kinds.has(code)) kinds.set(code, kindOfFailure(jobId, code, counts[code] < FEW));
      kinds.get(code).draw(counts[code]);
    }
    keep(list, codes, () => codes.map((code) => kinds.get(code).element));
    keep(element, [codes.length > 0], () => (codes.length ? card : []));
  }

  return { element, draw };
}

function kindOfFailure(jobId, code, open) {
  const [amount, names, more] = [h("span"), h("ul"), h("div")];
  const element = h("details", { open, ontoggle: () => element.open && load() },
    h("summary", {}, h("span", { class: "code" }, code), " ", amount), names, more);
  let total = 0;
  let wanted = NAMES_AT_ONCE;

  function draw(number) {
    const news = number !== total;
    total = number;
    amount.textContent = `${count(number, "file")}. ${REMEDIES[code] ?? ""}`;
    if (news && element.open) load().catch(() => {}); // with the next news
  }

  async function load() {
    // From the first on: while the job is under way, any of them may be new.
    const { files } = await get(`/jobs/${jobId}?code=${encodeURIComponent(code)}&limit=${wanted}`);
    names.replaceChildren(...files.map((file) => h("li", {}, h("strong", {}, file.filename), `: ${file.error}`)));
    more.replaceChildren(...(total > files.length ? [button(`Show more of ${total.toLocaleString("en")}`, () => {
      wanted += NAMES_AT_ONCE;
      return load();
    })] : []));
  }

  return { element, draw };
}
