// The first view: files go in here, and their uploads are watched.

import { isOver, remove, status as askStatus } from "./api.js";
import { bar, button, bytes, count, duration, h, keep } from "./dom.js";
import { dropped, guess, named } from "./kinds.js";
import { forget, giveUp, interrupted, outbox, send } from "./outbox.js";
import { howItGoes } from "./view_jobs.js";

const GUESSES_AT_ONCE = 32;
const ASK_SLAVES_MS = 5000;

/** What was chosen and not sent yet, by type; it outlives the view. */
const staged = new Map();
const state = { looking: 0, resume: null, draw: () => {} };

/** Draw the view into `place`; returns what ends it. */
export function show(place, { types, limits }) {
  if (!staged.size) for (const name of [...types.map((type) => type.name), ""]) staged.set(name, []);
  const zone = dropZone(take);
  const choice = h("div", { class: "stack" });
  const uploads = h("div", { class: "stack", "aria-live": "off" });
  const slaves = h("div");
  place.replaceChildren(h("h2", { class: "hidden" }, "Send files"), slaves, zone, choice, uploads);

  async function take(finding) {
    state.looking += 1;
    state.draw();
    const files = await finding.catch(() => []);
    const resumed = state.resume?.type;
    for (let begin = 0; begin < files.length; begin += GUESSES_AT_ONCE) {
      await Promise.all(files.slice(begin, begin + GUESSES_AT_ONCE).map(async (one) => {
        // Asked for once: the browser looks at the disk each time.
        one.size = one.file.size;
        one.tooLarge = one.size > limits.file_bytes;
        const type = one.tooLarge ? null : (resumed ?? await guess(one.file).catch(() => null));
        one.empty = one.size === 0;
        staged.get(type ?? "").push(one);
      }));
    }
    state.looking -= 1;
    // It may have taken long, and this be another showing of the view.
    state.draw();
  }

  function drawChoice() {
    const groups = [...staged].filter(([, files]) => files.length);
    if (!groups.length) {
      choice.replaceChildren(...(state.looking ? [h("p", { class: "card faint" }, "Looking at the files…")] : drawInterrupted()));
      return;
    }
    const tooLarge = groups.some(([name, files]) => name && sizeOf(files) > limits.job_bytes);
    const total = groups.filter(([name]) => name).reduce((sum, [, files]) => sum + files.length, 0);
    choice.replaceChildren(h("section", { class: "card", "aria-label": "Files to send" },
      h("h3", {}, state.looking ? "Looking at the files…" : "Ready to send"),
      h("div", { class: "groups" }, groups.map(([name, files]) => drawGroup(name, files))),
      tooLarge ? h("p", { class: "error" }, `One job may have ${bytes(limits.job_bytes)}: leave some out, or send them in parts.`) : null,
      h("div", { class: "actions" },
        button(`Send ${count(total, "file")}`, start, total && !state.looking && !tooLarge ? "primary" : "primary off"),
        button("Clear", clear))));
  }

  function drawGroup(name, files) {
    const words = `${count(files.length, "file")}, ${bytes(sizeOf(files))}`;
    const label = files.length === 1 ? files[0].path : `${files[0].path} and others`;
    const select = h("select", { "aria-label": `Task type for ${label}`, onchange: () => move(name, select.value) },
      h("option", { value: "", selected: name === "" }, "leave out"),
      types.map((type) => h("option", { value: type.name, selected: type.name === name }, type.name)));
    return h("div", { class: `group ${name ? "" : "faint"}` },
      h("div", {}, h("strong", {}, words), h("div", { class: "faint one-line" }, name ? label : reason(files))),
      select);
  }

  function reason(files) {
    const large = files.filter((one) => one.tooLarge).length;
    const empty = files.filter((one) => one.empty).length;
    const other = files.length - large - empty;
    return [
      large && `${count(large, "file")} over the limit of ${bytes(limits.file_bytes)}`,
      empty && `${count(empty, "empty file")}`,
      other && `${count(other, "file")} of no kind that is known`,
    ].filter(Boolean).join(", ");
  }

  function move(from, to) {
    const moved = staged.get(from).filter((one) => !one.tooLarge || to === "");
    staged.set(from, staged.get(from).filter((one) => !moved.includes(one)));
    staged.get(to).push(...moved);
    drawChoice();
  }

  function clear() {
    for (const name of staged.keys()) staged.set(name, []);
    state.resume = null;
    drawChoice();
  }

  function start() {
    for (const type of types) {
      const files = staged.get(type.name);
      if (!files.length) continue;
      const goesOn = state.resume?.type === type.name ? state.resume.jobId : null;
      send(type, files, goesOn);
    }
    clear();
  }

  function drawInterrupted() {
    return interrupted().map((one) => h("section", { class: "card", "aria-label": "Interrupted upload" },
      h("h3", {}, "An upload was interrupted"),
      h("p", {}, `${count(one.totalFiles, "file")} of type ${one.type}. What has arrived is safe: choose the same files again, and only the missing ones are sent.`),
      h("div", { class: "actions" },
        button("Choose the files again", () => {
          state.resume = one;
          zone.querySelector(one.folder ? "[webkitdirectory]" : "input").click();
        }, "primary"),
        button("Forget it", async () => {
          await remove(`/jobs/${one.jobId}`).catch((error) => { if (error.status !== 404) throw error; });
          forget(one.jobId);
          drawChoice();
        }))));
  }

  const cards = new Map();

  function drawUploads() {
    for (const one of outbox.uploads) {
      if (!cards.has(one)) cards.set(one, uploadCard(one));
      cards.get(one).draw();
    }
    const elements = outbox.uploads.map((one) => cards.get(one).element);
    if (elements.length !== uploads.children.length) uploads.replaceChildren(...elements);
  }

  async function lookForSlaves() {
    const status = await askStatus().catch(() => null);
    if (!status) return;
    slaves.replaceChildren(...(status.slaves.length ? [] : [h("p", { class: "notice" },
      "No slave is here yet. Files can be sent, and wait for one. ", h("a", { href: "#/cluster" }, "How to start a slave"))]));
  }

  outbox.addEventListener("change", drawUploads);
  drawUploads();
  state.draw = drawChoice;
  drawChoice();
  lookForSlaves();
  const asking = setInterval(lookForSlaves, ASK_SLAVES_MS);
  return () => {
    clearInterval(asking);
    outbox.removeEventListener("change", drawUploads);
  };
}

const sizeOf = (files) => files.reduce((sum, one) => sum + one.size, 0);

/** One card from the first byte that leaves to the last result. */
function uploadCard(one) {
  const [title, actions, progress, told, trouble] = [h("h3"), h("div", { class: "actions" }), bar(0, 0, 1), h("p", { class: "faint" }), h("p", { class: "error" })];
  const element = h("section", { class: "card", "aria-label": `Upload of ${one.type.name}` }, h("div", { class: "split" }, title, actions), progress, told, trouble);
  const cancel = () => (one.state === "sending" ? giveUp(one) : remove(`/jobs/${one.jobId}`).then((job) => one.change({ job })));

  function draw() {
    const over = one.job !== null && isOver(one.job);
    title.textContent = `${{ sending: "Sending", sent: "Sent", failed: "Not sent", stopped: "Stopped" }[one.state]}: ${count(one.totalFiles, "file")} for ${one.type.name}`;
    keep(actions, `${one.state} ${over}`, () => [
      one.state === "sending" || (one.job && !over) ? button("Cancel", cancel) : null,
      one.state === "sent" ? h("a", { class: "button", href: `#/jobs/${one.jobId}` }, over ? "Look at the results" : "Watch the job") : null,
    ]);
    if (one.state === "sending") {
      const left = (one.totalBytes - one.sentBytes) / Math.max(1, one.speed);
      progress.set(one.sentBytes, 0, one.totalBytes);
      told.textContent = `${bytes(one.sentBytes)} of ${bytes(one.totalBytes)} sent, ${bytes(one.speed)}/s, ${duration(left)} left`;
    } else if (one.job) {
      progress.set(one.job.done_files, one.job.failed_files, one.job.total_files);
      told.textContent = `${one.job.done_files} of ${one.job.total_files} done. ${howItGoes(one.job)}`;
    }
    trouble.textContent = one.trouble;
  }

  return { element, draw };
}

function dropZone(take) {
  const pick = (properties) => {
    const input = h("input", { type: "file", multiple: true, class: "hidden", tabindex: -1, "aria-hidden": "true", ...properties, oncancel: () => { state.resume = null; }, onchange: () => {
      take(Promise.resolve([...input.files].map(named)));
      input.value = "";
    } });
    return input;
  };
  const files = pick({});
  const folder = pick({ webkitdirectory: true });
  const zone = h("section", { class: "drop card", "aria-label": "Choose files",
    ondragover: (event) => { event.preventDefault(); zone.classList.add("over"); },
    ondragleave: () => zone.classList.remove("over"),
    ondrop: (event) => {
      event.preventDefault();
      zone.classList.remove("over");
      take(dropped(event.dataTransfer));
    } },
  h("p", {}, "Drop files or a folder here"),
  h("div", { class: "actions centered" },
    button("Choose files", () => files.click(), "primary"),
    button("Choose a folder", () => folder.click())),
  files, folder);
  return zone;
}
