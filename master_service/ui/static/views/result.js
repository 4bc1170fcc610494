// Shows the result of one file by what it is, beside what was sent, with a way to its neighbours.

import { ApiError, blob, get, jobPath } from "../api/client.js";
import { h, keep, title } from "../components/elements.js";
import { freshness } from "../components/staleness.js";
import { bytes, count } from "../format.js";
import { draw as drawAudio } from "../results/audio.js";
import { draw as drawDocument } from "../results/document.js";
import { draw as drawEmbedding } from "../results/embedding.js";
import { draw as drawImage } from "../results/image.js";
import { draw as drawOcr } from "../results/ocr.js";
import { resultPath } from "../results/media.js";
import { draw as drawText } from "../results/text.js";
import { upright } from "../results/exif_orientation.js";
import { warningNote } from "../components/notes.js";

const AGAIN_MS = 5000;
const UNDER_WAY = new Set(["queued", "running"]);
/** What was sent is shown up to this size: the browser has to hold it. */
const MOST_SHOWN_BYTES = 256 * 1024 * 1024;

/** A row for each task type that has a view of its own; others are shown as they are. */
const VIEWS = { image: drawImage, text: drawText, embedding: drawEmbedding, ocr: drawOcr, audio: drawAudio, document: drawDocument };

/** Which way the last view was left by the keyboard: the same key leads further. */
let pressed = null;

/** Draw the result of a job's file into `place`; returns what ends the view. */
export function showResult(place, jobId, index) {
  const urls = [];
  const left = new AbortController();
  const { signal } = left;
  const body = h("div", { class: "stack" }, h("p", { class: "faint" }, "…"));
  const head = h("div", { class: "stack live" });
  const fresh = freshness(place, look);
  let timer = null;
  place.replaceChildren(head, body);
  const keys = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const elsewhere = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.target.closest("input, select, textarea, audio");
    if (step && !elsewhere) head.querySelector(step < 0 ? "[rel=prev]" : "[rel=next]")?.click();
  };
  addEventListener("keydown", keys, { signal });

  async function fill() {
    try {
      await fresh.ask();
    } catch (error) {
      if (signal.aborted) return;
      body.replaceChildren(h("p", { class: "card error" }, error.message));
      if (error instanceof ApiError && error.status !== 404) askLater();
    }
  }

  function askLater() {
    clearTimeout(timer);
    timer = setTimeout(() => { if (!signal.aborted) fill(); }, AGAIN_MS);
  }

  async function look() {
    const job = await get(`${jobPath(jobId)}?offset=${index}&limit=1`, signal);
    const [file] = job.files;
    if (file?.index !== index) throw new Error("This job has no such file.");
    keep(head, [JSON.stringify([file, job.total_files])], () => drawHead(job, file, fresh));
    fresh.heard();
    title(place, file.filename);
    if (pressed) head.querySelector(`[rel=${pressed}]`)?.focus();
    pressed = null;
    if (!UNDER_WAY.has(file.state)) fresh.end(); // what has come to its end is never stale
    if (!file.saved_file) {
      body.replaceChildren(drawNone(file));
      if (UNDER_WAY.has(file.state)) askLater();
      return;
    }
    const path = resultPath(job, file);
    const own = async (from, mediaType) => {
      const data = await upright(await blob(from, signal));
      urls.push(URL.createObjectURL(mediaType ? data.slice(0, data.size, mediaType) : data));
      return urls.at(-1);
    };
    let told = null;
    const context = {
      job, file, signal,
      json: async () => (told = await get(path, signal)),
      result: () => own(path),
      input: (mediaType) => (file.size > MOST_SHOWN_BYTES ? Promise.reject(new Error("Too large to be shown here.")) : own(`${jobPath(jobId)}/inputs/${index}`, mediaType)),
    };
    const parts = [await (VIEWS[job.task_type] ?? drawRaw)(context)].flat();
    body.replaceChildren(...[warningNote(file, told), ...parts].filter(Boolean));
  }

  fill();
  return () => {
    left.abort();
    fresh.end();
    urls.forEach(URL.revokeObjectURL);
  };
}

function drawHead(job, file, fresh) {
  const path = jobPath(job.job_id);
  const to = (index, rel, words) => (index >= 0 && index < job.total_files
    ? h("a", { class: "button", rel, href: `#${path}/${index}`, onclick: (event) => { pressed = event.detail ? null : rel; } }, words) : h("span", { class: "button off" }, words));
  return [
    h("p", { class: "faint" }, h("a", { href: "#/jobs" }, "Jobs"), " / ", h("a", { href: `#${path}` }, `${count(job.total_files, "file")} for ${job.task_type}`), ` / ${file.index + 1}`),
    h("div", { class: "split" },
      h("h2", { class: "one-line", title: file.filename }, file.filename),
      h("div", { class: "actions" },
        to(file.index - 1, "prev", "Previous"), to(file.index + 1, "next", "Next"),
        file.saved_file ? h("a", { class: "button primary", href: resultPath(job, file), download: file.saved_file.split("/").at(-1) }, "Download") : null)),
    fresh.say(h("p", { class: "faint" }), `${bytes(file.size)}, ${file.state}${file.slave ? ` by ${file.slave}` : ""}`, !UNDER_WAY.has(file.state)),
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
