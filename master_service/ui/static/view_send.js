// The first view: files go in here, and their uploads are watched.

import { status as askStatus } from "./api.js";
import { pickers, takeDrops } from "./choosing.js";
import { h, keep, title } from "./dom.js";
import { interrupted, outbox } from "./outbox.js";
import { staging } from "./staging.js";
import { chosenCard } from "./view_chosen.js";
import { interruptedCard, uploadCard } from "./view_uploads.js";

const ASK_MS = 5000;

/** Draw the view into `place`; returns what ends it. */
export function show(place, page) {
  title("Send");
  const take = (finding) => staging.add(finding, page.limits);
  const slaves = h("div");
  const chosen = chosenCard(page, () => uploads.firstElementChild.focus());
  const broken = h("div", { class: "stack" });
  const uploads = h("div", { class: "stack" });
  place.replaceChildren(h("h2", { class: "hidden" }, "Send files"), slaves, dropZone(take), chosen.element, broken, uploads);
  const cards = new Map();
  let ended = false;

  function drawUploads() {
    for (const one of outbox.uploads) {
      if (!cards.has(one)) cards.set(one, uploadCard(one));
      cards.get(one).draw();
    }
    keep(uploads, outbox.uploads, () => outbox.uploads.map((one) => cards.get(one).element));
  }

  async function lookForBroken() {
    const found = await interrupted();
    if (!ended) keep(broken, found.map((one) => one.jobId), () => found.map((one) => interruptedCard(one, page.types, lookForBroken)));
  }

  async function lookForSlaves() {
    const status = await askStatus().catch(() => null);
    if (!status || ended) return;
    keep(slaves, [status.slaves.length > 0], () => (status.slaves.length ? [] : h("p", { class: "notice" },
      "No slave is here yet. Files can be sent, and wait for one. ", h("a", { href: "#/cluster" }, "How to start a slave"))));
  }

  function look() {
    lookForBroken();
    lookForSlaves();
  }

  outbox.addEventListener("change", drawUploads);
  drawUploads();
  look();
  const asking = setInterval(look, ASK_MS);
  return () => {
    ended = true;
    clearInterval(asking);
    outbox.removeEventListener("change", drawUploads);
    chosen.end();
  };
}

function dropZone(take) {
  const [files, folder, inputs] = pickers(take);
  return takeDrops(h("section", { class: "drop card", "aria-label": "Choose files" },
    h("p", {}, "Drop files or a folder here"),
    h("div", { class: "actions centered" }, files, folder), inputs), take);
}
