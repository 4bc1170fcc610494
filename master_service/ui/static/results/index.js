// Shows the result of one file by what it is, beside what was sent, with a way to its neighbours.

import { blob, get } from "../api.js";
import { bytes, count, h, title } from "../dom.js";
import { draw as drawAudio } from "./audio.js";
import { draw as drawDocument } from "./document.js";
import { draw as drawEmbedding } from "./embedding.js";
import { draw as drawImage } from "./image.js";
import { draw as drawOcr } from "./ocr.js";
import { draw as drawText } from "./text.js";

const AGAIN_MS = 5000;
const UNDER_WAY = new Set(["queued", "running"]);

/** A row for each task type that has a view of its own; others are shown as they are. */
const VIEWS = { image: drawImage, text: drawText, embedding: drawEmbedding, ocr: drawOcr, audio: drawAudio, document: drawDocument };

/** Which way the last view was left by the keyboard: the same key leads further. */
let pressed = null;

/** Draw the result of a job's file into `place`; returns what ends the view. */
export function showResult(place, jobId, index) {
  const urls = [];
  let ended = false;
  let later = null;
  const body = h("div", { class: "stack" }, h("p", { class: "faint" }, "…"));
  const head = h("div", { class: "stack" });
  place.replaceChildren(head, body);
  const keys = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const elsewhere = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.target.closest("input, select, textarea, audio");
    if (step && !elsewhere) head.querySelector(step < 0 ? "[rel=prev]" : "[rel=next]")?.click();
  };
  addEventListener("keydown", keys);

  function fill() {
    return look().catch((error) => body.replaceChildren(h("p", { class: "card error" }, error.message)));
  }

  async function look() {
    const job = await get(`/jobs/${jobId}?offset=${index}&limit=1`);
    const [file] = job.files;
    if (file?.index !== index) throw new Error("This job has no such file.");
    head.replaceChildren(...drawHead(job, file));
    title(file.filename);
    if (pressed) head.querySelector(`[rel=${pressed}]`)?.focus();
    pressed = null;
    if (!file.saved_file) {
      body.replaceChildren(drawNone(file));
      if (UNDER_WAY.has(file.state) && !ended) later = setTimeout(fill, AGAIN_MS);
      return;
    }
    const result = resultPath(job, file);
    const context = {
      job, file, result,
      json: () => get(result),
      isOver: () => ended,
      url: async (path) => {
        const data = await blob(path);
        if (ended) throw new Error("Nobody looks any more.");
        urls.push(URL.createObjectURL(data));
        return urls.at(-1);
      },
      input: `/jobs/${jobId}/inputs/${index}`,
    };
    const parts = [await (VIEWS[job.task_type] ?? drawRaw)(context)].flat();
    body.replaceChildren(...parts.filter(Boolean));
  }

  fill();
  return () => {
    ended = true;
    clearTimeout(later);
    removeEventListener("keydown", keys);
    urls.forEach(URL.revokeObjectURL);
  };
}

/** Where the result of a file is downloaded from. */
export function resultPath(job, file) {
  return `/results/${job.task_type}/${encodeURIComponent(file.saved_file.split("/").at(-1))}`;
}

function drawHead(job, file) {
  const to = (index, rel, words) => (index >= 0 && index < job.total_files
    ? h("a", { class: "button", rel, href: `#/jobs/${job.job_id}/${index}`, onclick: (event) => { pressed = event.detail ? null : rel; } }, words) : h("span", { class: "button off" }, words));
  return [
    h("p", { class: "faint" }, h("a", { href: "#/jobs" }, "Jobs"), " / ", h("a", { href: `#/jobs/${job.job_id}` }, `${count(job.total_files, "file")} for ${job.task_type}`), ` / ${file.index + 1}`),
    h("div", { class: "split" },
      h("h2", { class: "one-line" }, file.filename),
      h("div", { class: "actions" },
        to(file.index - 1, "prev", "Previous"), to(file.index + 1, "next", "Next"),
        file.saved_file ? h("a", { class: "button primary", href: resultPath(job, file), download: file.saved_file.split("/").at(-1) }, "Download") : null)),
    h("p", { class: "faint" }, `${bytes(file.size)}, ${file.state}${file.slave ? ` by ${file.slave}` : ""}`),
  ];
}

function drawNone({ state, code, error }) {
  const words = { queued: "It waits its turn.", running: "It is being processed.", cancelled: "The job was cancelled before this file was done." };
  if (!code) return h("p", { class: "card" }, words[state]);
  return h("section", { class: "card", "aria-label": "Failure" }, h("p", {}, h("span", { class: "code" }, code), " ", error));
}

async function drawRaw({ json }) {
  return h("pre", { class: "card" }, JSON.stringify(await json(), null, 2));
}

/** Figures with their names, as a list of pairs. */
export function facts(pairs) {
  return h("dl", { class: "facts" }, Object.entries(pairs).filter(([, value]) => value !== "" && value !== null && value !== undefined)
    .map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, typeof value === "number" ? value.toLocaleString("en") : value))));
}
