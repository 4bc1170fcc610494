// The texts of a job on a map: what is alike lies together, whose nearest are shown on hover.

import { get, jobPath } from "../api/client.js";
import { h, svg } from "../components/elements.js";
import { barLine, button, facts } from "../components/controls.js";
import { count } from "../format.js";
import { resultPath } from "./media.js";
import { nearest, sparse, spots } from "./vectors.js";

const MOST_TEXTS = 500;
const AT_ONCE = 6;
const NEAREST = 5;
/** The texts of the job that was looked at last: from one to the next they are not fetched again. */
let last = { of: null, texts: [] };

/** Draw the result with its neighbours. */
export async function draw({ job, file, json, signal }) {
  const own = await json();
  const map = h("section", { class: "card", "aria-label": "Map of the job" }, h("h3", {}, "Map of the job"), h("p", { class: "faint" }, "Fetching the other texts…"));
  const fill = () => fetchAround(job, file, signal).then((texts) => map.replaceChildren(...drawMap(job, file, texts)), (error) => map.replaceChildren(
    h("h3", {}, "Map of the job"), h("p", { class: "error" }, error.message), h("div", { class: "actions" }, button("Try again", fill))));
  fill();
  const terms = own.features.map((term, place) => [term, own.vector[place]]).filter(([, weight]) => weight > 0).sort(([, one], [, other]) => other - one).slice(0, 10);
  return [
    map,
    h("section", { class: "card", "aria-label": "Terms" }, h("h3", {}, "What sets this text apart"),
      h("ol", { role: "list", class: "bars" }, terms.map(([term, weight]) => barLine("li", term, weight, weight.toFixed(2)))),
      facts({ Terms: own.vector_size, "Of these in this text": own.non_zero_features })),
  ];
}

/** Of a job with very many texts, as many as go on a map, from a round number before this one on. */
async function fetchAround(job, { index }, signal) {
  const offset = index - (index % MOST_TEXTS);
  const of = `${job.job_id} ${job.done_files} ${offset}`;
  if (last.of === of) return last.texts;
  const { files } = await get(`${jobPath(job.job_id)}?state=done&offset=${offset}&limit=${MOST_TEXTS}`, signal);
  const texts = [];
  const fetchSome = async () => {
    for (let file = files.shift(); file; file = files.shift()) {
      // A result that was removed by hand is missing on the map, and that is all.
      const result = await get(resultPath(job, file), signal).catch((error) => { if (error.status !== 404) throw error; });
      if (result) texts.push({ file, vector: sparse(result.vector) });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, fetchSome));
  texts.sort((one, other) => one.file.index - other.file.index);
  last = { of, texts };
  return texts;
}

function drawMap(job, file, texts) {
  const vectors = texts.map((text) => text.vector);
  const told = h("p", { role: "status" });
  const picture = svg("svg", { viewBox: "0 0 100 60", class: "map", role: "group", "aria-label": `${count(texts.length, "text")}; those that are alike lie together` });
  const dots = spots(vectors).map(([x, y], place) => {
    const { index, filename } = texts[place].file;
    const isOwn = index === file.index;
    return svg("a", { href: `#${jobPath(job.job_id)}/${index}`, "aria-label": filename, class: isOwn ? "own" : null, onpointerenter: () => tell(place), onfocus: () => tell(place) },
      svg("circle", { cx: 4 + 92 * x, cy: 4 + 52 * y, r: isOwn ? 1.6 : 1 }));
  });

  function tell(place) {
    const near = nearest(vectors, place, NEAREST);
    dots.forEach((one, other) => one.classList.toggle("near", near.some((spot) => spot.place === other)));
    told.replaceChildren(h("strong", {}, h("bdi", {}, texts[place].file.filename)), near.length ? " is most like " : " is like no other.",
      ...near.flatMap(({ place: other, likeness }, rank) => [rank ? ", " : "", h("a", { href: `#${jobPath(job.job_id)}/${texts[other].file.index}` }, h("bdi", {}, texts[other].file.filename)), ` (${likeness.toFixed(2)})`]));
  }

  picture.append(...dots);
  const own = texts.findIndex((text) => text.file.index === file.index);
  if (own >= 0) tell(own);
  const left = job.done_files > texts.length ? h("p", { class: "faint" }, `Shown are ${count(texts.length, "text")} near it in the job, of ${job.done_files.toLocaleString("en")}.`) : null;
  return [h("h3", {}, "Map of the job"), picture, told, left].filter(Boolean);
}
