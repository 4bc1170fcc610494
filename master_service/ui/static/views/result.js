// The view of one file: its result, and links to the previous and next file.

import { ApiError, get, getBlob, jobPath, resultPath } from "../api/client.js";
import { card, h, renderIfChanged, setTitle } from "../components/elements.js";
import { warningNote } from "../components/notes.js";
import { trackStaleness } from "../components/staleness.js";
import { bytes, count } from "../format.js";
import { renderAudio } from "../results/audio.js";
import { renderDocument } from "../results/document.js";
import { renderEmbedding } from "../results/embedding.js";
import { applyOrientation } from "../results/exif_orientation.js";
import { renderImage } from "../results/image.js";
import { renderOcr } from "../results/ocr.js";
import { renderText } from "../results/text.js";

const RETRY_MS = 5000;
const ACTIVE_STATES = new Set(["queued", "running"]);
// Larger inputs are not shown: the browser would hold them in memory.
const MAX_INPUT_BYTES = 256 * 1024 * 1024;

/**
 * By task type; each returns elements. They take { job, file, signal }, `json()` (the parsed result),
 * `resultUrl()` and `inputUrl(mediaType)` (blob URLs).
 */
const RENDERERS = { image: renderImage, text: renderText, embedding: renderEmbedding, ocr: renderOcr, audio: renderAudio, document: renderDocument };

// "prev" or "next": the link to focus in the next view, after use by keyboard.
let linkToFocus = null;

export function showResult(container, page, [jobId, indexText]) {
  const index = Number(indexText);
  const urls = [];
  const controller = new AbortController();
  const { signal } = controller;
  const body = h("div", { class: "stack" }, h("p", { class: "muted" }, "…"));
  const header = h("div", { class: "stack live-data" });
  const staleness = trackStaleness(container, fetchAndRender);
  let timer = null;
  container.replaceChildren(header, body);
  const onKey = (event) => {
    const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
    const isUsed = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.target.closest("input, select, textarea, audio");
    if (rel && !isUsed) header.querySelector(`[rel=${rel}]`)?.click();
  };
  addEventListener("keydown", onKey, { signal });

  async function load() {
    try {
      await staleness.refresh();
    } catch (error) {
      if (signal.aborted) return;
      body.replaceChildren(h("p", { class: "card error" }, error.message));
      if (error instanceof ApiError && error.status !== 404) loadLater();
    }
  }

  function loadLater() {
    clearTimeout(timer);
    timer = setTimeout(() => { if (!signal.aborted) load(); }, RETRY_MS);
  }

  async function fetchAndRender() {
    const job = await get(`${jobPath(jobId)}?offset=${index}&limit=1`, signal);
    const [file] = job.files;
    if (file?.index !== index) throw new Error("This job has no such file.");
    renderIfChanged(header, [JSON.stringify([file, job.total_files])], () => headerOf(job, file, staleness));
    staleness.markFresh();
    setTitle(container, file.filename);
    if (linkToFocus) header.querySelector(`[rel=${linkToFocus}]`)?.focus();
    linkToFocus = null;
    if (!ACTIVE_STATES.has(file.state)) staleness.stop();
    if (!file.saved_file) {
      body.replaceChildren(withoutResult(file));
      if (ACTIVE_STATES.has(file.state)) loadLater();
      return;
    }
    const path = resultPath(job, file);
    const blobUrl = async (loading, mediaType) => {
      const blob = await applyOrientation(await loading);
      urls.push(URL.createObjectURL(mediaType ? blob.slice(0, blob.size, mediaType) : blob));
      return urls.at(-1);
    };
    let result = null;
    let blob = null;
    const context = {
      job, file, signal,
      json: async () => (result = await get(path, signal)),
      resultBlob: () => (blob ??= getBlob(path, signal)),
      resultUrl: () => blobUrl(context.resultBlob()),
      inputUrl: (mediaType) => (file.size > MAX_INPUT_BYTES ? Promise.reject(new Error("Too large to be shown here.")) : blobUrl(getBlob(`${jobPath(jobId)}/inputs/${index}`, signal), mediaType)),
    };
    const parts = [await (RENDERERS[job.task_type] ?? renderJson)(context)].flat();
    body.replaceChildren(...[warningNote(file, result), ...parts].filter(Boolean));
  }

  load();
  return () => {
    controller.abort();
    staleness.stop();
    urls.forEach(URL.revokeObjectURL);
  };
}

function headerOf(job, file, staleness) {
  const path = jobPath(job.job_id);
  const link = (index, rel, text) => (index >= 0 && index < job.total_files
    ? h("a", { class: "button", rel, href: `#${path}/${index}`, onclick: (event) => { linkToFocus = event.detail ? null : rel; } }, text) : h("span", { class: "button disabled" }, text));
  return [
    h("p", { class: "muted" }, h("a", { href: "#/jobs" }, "Jobs"), " / ", h("a", { href: `#${path}` }, `${count(job.total_files, "file")} for ${job.task_type}`), ` / ${file.index + 1}`),
    h("div", { class: "spread" },
      h("h2", { class: "truncate", title: file.filename }, file.filename),
      h("div", { class: "actions" },
        link(file.index - 1, "prev", "Previous"), link(file.index + 1, "next", "Next"),
        file.saved_file ? h("a", { class: "button primary", href: resultPath(job, file), download: file.saved_file.split("/").at(-1) }, "Download") : null)),
    staleness.setText(h("p", { class: "muted" }), `${bytes(file.size)}, ${file.state}${file.slave ? ` by ${file.slave}` : ""}`, !ACTIVE_STATES.has(file.state)),
  ];
}

function withoutResult({ state, code, error }) {
  const texts = { queued: "This file is queued.", running: "This file is being processed.", cancelled: "The job was cancelled before this file was done." };
  if (!code) return h("p", { class: "card" }, texts[state]);
  return card("Failure", h("p", {}, h("span", { class: "failure-code" }, code), " ", error));
}

async function renderJson({ json }) {
  return h("pre", { class: "card" }, JSON.stringify(await json(), null, 2));
}
