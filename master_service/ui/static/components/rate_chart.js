// Draws the cluster's rate of the last minutes as a live chart.

import { h } from "./elements.js";
import { rate } from "../format.js";

/** Ten minutes of them, which the master keeps. */
const INTERVALS = 119;
const HEIGHT = 180;

/** Draw the rate of the last minutes: `draw` takes newer figures, `end` lets the chart go; `fresh` is the view's freshness. */
export function drawChart(place, fresh) {
  const [box, now] = [h("div", { class: "chart", role: "img", "aria-label": "Chart of the rate" }), h("strong")];
  place.replaceChildren(h("div", { class: "split" }, h("h3", {}, "Files a second, the last ten minutes"), now), box);
  let plot = null;
  let last = null;
  const drop = () => {
    plot?.destroy();
    plot = null;
  };
  const observer = new ResizeObserver(() => plot?.setSize({ width: box.clientWidth, height: HEIGHT }));
  observer.observe(box);
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  const inNewColors = () => {
    drop();
    if (last) draw(last).catch(() => {}); // then with the next figures
  };
  scheme.addEventListener("change", inNewColors);

  async function draw(activity) {
    last = activity;
    const { interval_seconds: step, finished_files: ended } = activity;
    // A master that began just now has done nothing before.
    const all = [...new Array(INTERVALS).fill(0), ...ended].slice(-INTERVALS);
    const minutes = all.map((_, number) => ((number + 1 - all.length) * step) / 60);
    const rates = all.map((number) => number / step);
    fresh.say(now, rate(rates.at(-1) ?? 0));
    await loadPlot();
    if (plot) plot.setData([minutes, rates]);
    else if (box.isConnected) {
      plot = newPlot(box, [minutes, rates]);
      // While the browser changes its colors, Chromium gives the box no width; what is observed anew is told again.
      observer.unobserve(box);
      observer.observe(box);
    }
  }

  function end() {
    observer.disconnect();
    scheme.removeEventListener("change", inNewColors);
    drop();
  }

  return { draw, end };
}

function newPlot(box, data) {
  const style = getComputedStyle(document.documentElement);
  const [accent, faint, line] = ["--accent", "--faint", "--line"].map((name) => style.getPropertyValue(name));
  const axis = { stroke: faint, grid: { stroke: line, width: 1 }, ticks: { show: false } };
  return new window.uPlot({
    width: box.clientWidth, height: HEIGHT, cursor: { show: false }, legend: { show: false },
    scales: { x: { time: false }, y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
    axes: [{ ...axis, values: (_, marks) => marks.map((minute) => (minute ? `${minute} min` : "latest")) }, { ...axis, size: 44 }],
    series: [{}, { stroke: accent, width: 2, points: { show: false }, fill: `${accent}22` }],
  }, data, box);
}

/** The library is fetched by whoever looks at the chart, and by nobody else; raises where it can't be had. */
async function loadPlot() {
  if (window.uPlot) return;
  const base = new URL("../vendor/uplot/", import.meta.url);
  await loaded("link", { rel: "stylesheet", href: new URL("uPlot.min.css", base) });
  await loaded("script", { src: new URL("uPlot.iife.min.js", base) });
}

function loaded(tag, properties) {
  return new Promise((resolve, reject) => {
    const element = h(tag, { ...properties, onload: resolve, onerror: () => {
      element.remove();
      reject(new Error("The chart can't be drawn now."));
    } });
    document.head.append(element);
  });
}
