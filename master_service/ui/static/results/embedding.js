// Renders an embedding result: a map of the job's texts with their clusters, and the text's main terms.

import { get, jobPath } from "../api/client.js";
import { barRow } from "../components/bars.js";
import { button } from "../components/controls.js";
import { card, h, propertyList, svg } from "../components/elements.js";
import { count, number } from "../format.js";

const MAX_TEXTS = 500;
const MAX_TERMS = 10;
// Degrees between the colors of clusters that follow each other.
const HUE_STEP = 137;
const HEADING = "Similarity of the job's texts";
// For the next file of the same job.
let cache = { key: null, comparison: null };

export async function renderEmbedding({ job, file, json, signal }) {
  const result = await json();
  const plot = card("Similarity", h("h3", {}, HEADING), h("p", { class: "muted" }, "Comparing the job's texts…"));
  const load = () => compare(job, file, signal).then((comparison) => plot.replaceChildren(...scatterPlot(job, file, comparison)), (error) => plot.replaceChildren(
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

// The comparison of the job, with MAX_TEXTS files from a block of indexes with this one.
async function compare(job, { index }, signal) {
  const offset = index - (index % MAX_TEXTS);
  const key = `${job.job_id} ${job.done_files} ${offset}`;
  if (cache.key !== key) cache = { key, comparison: await get(`${jobPath(job.job_id)}/similar?offset=${offset}&limit=${MAX_TEXTS}`, signal) };
  return cache.comparison;
}

const clusterColor = (number) => `hsl(${(210 + number * HUE_STEP) % 360} 55% 50%)`;

function scatterPlot(job, file, { files, compared, clusters, near_duplicates: groups, warnings }) {
  const status = h("p", { role: "status" });
  const plot = svg("svg", { viewBox: "0 0 100 60", class: "scatter-plot", role: "group", "aria-label": `${count(files.length, "text")}; similar texts are close to each other` });
  const link = ({ index, filename }) => h("a", { href: `#${jobPath(job.job_id)}/${index}` }, h("bdi", {}, filename));
  const dots = files.map(({ index, filename, cluster, x, y }, position) => {
    const isCurrent = index === file.index;
    return svg("a", { href: `#${jobPath(job.job_id)}/${index}`, "aria-label": filename, class: isCurrent ? "current" : null, onpointerenter: () => describe(position), onfocus: () => describe(position) },
      svg("circle", { cx: 4 + 92 * x, cy: 4 + 52 * y, r: isCurrent ? 1.6 : 1, style: { fill: clusterColor(cluster) } }));
  });

  function describe(position) {
    const { index, filename, neighbors } = files[position];
    const near = new Set(neighbors.map((neighbor) => neighbor.index));
    dots.forEach((dot, other) => dot.classList.toggle("neighbor", near.has(files[other].index)));
    const equal = new Set(groups.find((group) => group.includes(index)));
    status.replaceChildren(h("strong", {}, h("bdi", {}, filename)), neighbors.length ? " is most similar to " : " is similar to no other text.",
      ...neighbors.flatMap((neighbor, rank) => [rank ? ", " : "", link(neighbor), ` (${neighbor.similarity.toFixed(2)}${equal.has(neighbor.index) ? ", nearly equal" : ""})`]));
  }

  plot.append(...dots);
  const current = files.findIndex(({ index }) => index === file.index);
  if (current >= 0) describe(current);
  const notes = compared > files.length ? [`Shown: ${count(files.length, "text")} next to this file in the job, of ${number(compared)}.`, ...warnings] : warnings;
  return [h("h3", {}, HEADING), plot, status,
    h("ul", { role: "list", class: "clusters", "aria-label": "Clusters" }, clusters.map(({ cluster, name, files: size }) =>
      h("li", {}, h("span", { class: "mark", style: { background: clusterColor(cluster) }, "aria-hidden": "true" }), `${name} (${number(size)})`))),
    ...notes.map((note) => h("p", { class: "muted" }, note)),
    h("p", {}, h("a", { href: `${jobPath(job.job_id)}/vectors.npz`, download: "" }, "Vectors of all texts (.npz)"))];
}
