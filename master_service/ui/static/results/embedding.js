// The texts of a job on a map: what is alike lies together, whose nearest are shown on hover.

import { get } from "../api.js";
import { h, svg } from "../dom.js";
import { facts, resultPath } from "./index.js";

const MOST_TEXTS = 500;
const AT_ONCE = 6;
const NEAREST = 5;
const ROUNDS = 60;

/** Draw the result with its neighbours. */
export async function draw({ job, file, json, isOver }) {
  const own = await json();
  const map = h("section", { class: "card", "aria-label": "Map of the job" }, h("h3", {}, "Map of the job"), h("p", { class: "faint" }, "Fetching the other texts…"));
  fetchAll(job, isOver).then((texts) => map.replaceChildren(...drawMap(job, file, texts)), (error) => map.replaceChildren(h("p", { class: "error" }, error.message)));
  const terms = own.features.map((term, place) => [term, own.vector[place]]).filter(([, weight]) => weight > 0).sort(([, one], [, other]) => other - one).slice(0, 10);
  return [
    map,
    h("section", { class: "card", "aria-label": "Terms" }, h("h3", {}, "What sets this text apart"),
      h("ol", { class: "bars" }, terms.map(([term, weight]) => h("li", {}, h("span", { class: "one-line" }, term), h("span", { class: "bar" }, h("span", { class: "bar-done", style: { width: `${100 * weight}%` } })), h("span", {}, weight.toFixed(2))))),
      facts({ Terms: own.vector_size, "Of these in this text": own.non_zero_features })),
  ];
}

async function fetchAll(job, isOver) {
  const { files } = await get(`/jobs/${job.job_id}?limit=${MOST_TEXTS}`);
  const waiting = files.filter((file) => file.saved_file);
  const texts = [];
  const fetchSome = async () => {
    for (let file = waiting.shift(); file && !isOver(); file = waiting.shift()) {
      const result = await get(resultPath(job, file)).catch(() => null);
      if (result) texts.push({ file, vector: Float64Array.from(result.vector) });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, fetchSome));
  return texts.sort((one, other) => one.file.index - other.file.index);
}

function drawMap(job, file, texts) {
  const axes = principalAxes(texts.map((text) => text.vector));
  const spots = texts.map(({ vector }) => axes.map((axis) => dot(vector, axis)));
  const [xs, ys] = [0, 1].map((dimension) => scale(spots.map((spot) => spot[dimension])));
  const told = h("p", { role: "status" });
  const picture = svg("svg", { viewBox: "0 0 100 60", class: "map", role: "img", "aria-label": `${texts.length} texts; those that are alike lie together` });
  const dots = texts.map((text, place) => svg("a", { href: `#/jobs/${job.job_id}/${text.file.index}`, "aria-label": text.file.filename, class: text.file.index === file.index ? "own" : null,
    onpointerenter: () => tell(place), onfocus: () => tell(place) },
  svg("circle", { cx: 4 + 92 * xs[place], cy: 4 + 52 * ys[place], r: text.file.index === file.index ? 1.6 : 1 })));

  function tell(place) {
    const near = nearest(texts, place);
    dots.forEach((one, other) => one.classList.toggle("near", near.some((spot) => spot.place === other)));
    told.replaceChildren(h("strong", {}, texts[place].file.filename), near.length ? " is most like " : " is like no other.",
      ...near.flatMap(({ place: other, likeness }, rank) => [rank ? ", " : "", h("a", { href: `#/jobs/${job.job_id}/${texts[other].file.index}` }, texts[other].file.filename), ` (${likeness.toFixed(2)})`]));
  }

  picture.append(...dots);
  const own = texts.findIndex((text) => text.file.index === file.index);
  if (own >= 0) tell(own);
  const left = job.done_files > texts.length ? h("p", { class: "faint" }, `The first ${texts.length} texts of ${job.done_files}.`) : null;
  return [h("h3", {}, "Map of the job"), picture, told, left].filter(Boolean);
}

/** The texts with the largest cosine; the vectors have length 1. */
function nearest(texts, place) {
  return texts.map((text, other) => ({ place: other, likeness: dot(texts[place].vector, text.vector) }))
    .filter(({ place: other, likeness }) => other !== place && likeness > 0.005)
    .sort((one, other) => other.likeness - one.likeness).slice(0, NEAREST);
}

/** The two directions in which the vectors differ most (PCA, by power iteration on the centered vectors). */
function principalAxes(vectors) {
  const size = vectors[0]?.length ?? 0;
  const mean = new Float64Array(size);
  for (const vector of vectors) for (let i = 0; i < size; i += 1) mean[i] += vector[i] / vectors.length;
  const centered = vectors.map((vector) => vector.map((value, i) => value - mean[i]));
  const axes = [];
  for (let number = 0; number < 2; number += 1) {
    // Any start will do that is not at right angles to what is looked for.
    let axis = Float64Array.from({ length: size }, (_, i) => 1 + ((i * 7919 + number * 104729) % 97) / 97);
    for (let round = 0; round < ROUNDS; round += 1) {
      const next = new Float64Array(size);
      for (const vector of centered) {
        const along = dot(vector, axis);
        for (let i = 0; i < size; i += 1) next[i] += along * vector[i];
      }
      for (const before of axes) {
        const along = dot(next, before);
        for (let i = 0; i < size; i += 1) next[i] -= along * before[i];
      }
      const length = Math.sqrt(dot(next, next));
      if (length < 1e-12) break;
      axis = next.map((value) => value / length);
    }
    axes.push(axis);
  }
  return axes;
}

function dot(one, other) {
  let sum = 0;
  for (let i = 0; i < one.length; i += 1) sum += one[i] * other[i];
  return sum;
}

function scale(values) {
  const least = Math.min(...values);
  const span = Math.max(...values) - least;
  return values.map((value) => (span > 1e-9 ? (value - least) / span : 0.5));
}
