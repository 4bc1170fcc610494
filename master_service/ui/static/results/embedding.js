// Renders an embedding result: a scatter plot of the job's texts, and the text's main terms.

import { get, jobPath, resultPath } from "../api/client.js";
import { barRow } from "../components/bars.js";
import { button } from "../components/controls.js";
import { card, h, propertyList, svg } from "../components/elements.js";
import { count, number } from "../format.js";
import { nearest, project, sparse } from "./vectors.js";

const MAX_TEXTS = 500;
const MAX_TERMS = 10;
const MAX_NEAREST = 5;
const FETCHES_AT_ONCE = 6;
const HEADING = "Similarity of the job's texts";
// For the next file of the same job.
let cache = { key: null, texts: [] };

export async function renderEmbedding({ job, file, json, signal }) {
  const result = await json();
  const plot = card("Similarity", h("h3", {}, HEADING), h("p", { class: "muted" }, "Loading the other texts…"));
  const load = () => fetchTexts(job, file, signal).then((texts) => plot.replaceChildren(...scatterPlot(job, file, texts)), (error) => plot.replaceChildren(
    h("h3", {}, HEADING), h("p", { class: "error" }, error.message), h("div", { class: "actions" }, button("Try again", load))));
  load();
  const terms = result.features.map((term, position) => [term, result.vector[position]]).filter(([, weight]) => weight > 0).sort(([, a], [, b]) => b - a).slice(0, MAX_TERMS);
  return [
    plot,
    card("Terms", h("h3", {}, "Terms with the highest weight"),
      h("ol", { role: "list", class: "bar-chart" }, terms.map(([term, weight]) => barRow("li", term, weight, weight.toFixed(2)))),
      propertyList({ Terms: result.vector_size, "Terms in this text": result.non_zero_features })),
  ];
}

// [{ file, vector }] of the block of MAX_TEXTS files with this one.
async function fetchTexts(job, { index }, signal) {
  const offset = index - (index % MAX_TEXTS);
  const key = `${job.job_id} ${job.done_files} ${offset}`;
  if (cache.key === key) return cache.texts;
  const { files } = await get(`${jobPath(job.job_id)}?state=done&offset=${offset}&limit=${MAX_TEXTS}`, signal);
  const texts = [];
  const fetchNext = async () => {
    for (let file = files.shift(); file; file = files.shift()) {
      // Results that were deleted from RESULTS_DIR are left out.
      const result = await get(resultPath(job, file), signal).catch((error) => { if (error.status !== 404) throw error; });
      if (result) texts.push({ file, vector: sparse(result.vector) });
    }
  };
  await Promise.all(Array.from({ length: FETCHES_AT_ONCE }, fetchNext));
  texts.sort((a, b) => a.file.index - b.file.index);
  cache = { key, texts };
  return texts;
}

function scatterPlot(job, file, texts) {
  const vectors = texts.map((text) => text.vector);
  const status = h("p", { role: "status" });
  const plot = svg("svg", { viewBox: "0 0 100 60", class: "scatter-plot", role: "group", "aria-label": `${count(texts.length, "text")}; similar texts are close to each other` });
  const dots = project(vectors).map(([x, y], position) => {
    const { index, filename } = texts[position].file;
    const isCurrent = index === file.index;
    return svg("a", { href: `#${jobPath(job.job_id)}/${index}`, "aria-label": filename, class: isCurrent ? "current" : null, onpointerenter: () => describe(position), onfocus: () => describe(position) },
      svg("circle", { cx: 4 + 92 * x, cy: 4 + 52 * y, r: isCurrent ? 1.6 : 1 }));
  });

  function describe(position) {
    const neighbors = nearest(vectors, position, MAX_NEAREST);
    dots.forEach((dot, other) => dot.classList.toggle("neighbor", neighbors.some((neighbor) => neighbor.position === other)));
    status.replaceChildren(h("strong", {}, h("bdi", {}, texts[position].file.filename)), neighbors.length ? " is most similar to " : " is similar to no other text.",
      ...neighbors.flatMap(({ position: other, similarity }, rank) => [rank ? ", " : "", h("a", { href: `#${jobPath(job.job_id)}/${texts[other].file.index}` }, h("bdi", {}, texts[other].file.filename)), ` (${similarity.toFixed(2)})`]));
  }

  plot.append(...dots);
  const current = texts.findIndex((text) => text.file.index === file.index);
  if (current >= 0) describe(current);
  const partial = job.done_files > texts.length ? h("p", { class: "muted" }, `Shown: ${count(texts.length, "text")} next to this file in the job, of ${number(job.done_files)}.`) : null;
  return [h("h3", {}, HEADING), plot, status, partial].filter(Boolean);
}
