// Draws the cluster's rate over the last ten minutes with uPlot, which is loaded on first use.

import { rate } from "../format.js";
import { h } from "./elements.js";

// Ten minutes, as in /activity.
const INTERVALS = 119;
const HEIGHT_PX = 180;

/** Render into `container`; `update(activity)` takes a response of /activity. */
export function rateChart(container, staleness) {
  const [box, latest] = [h("div", { class: "chart", role: "img", "aria-label": "Chart of the rate" }), h("strong")];
  container.replaceChildren(h("div", { class: "spread" }, h("h3", {}, "Files per second, last ten minutes"), latest), box);
  let plot = null;
  let lastActivity = null;
  const destroyPlot = () => {
    plot?.destroy();
    plot = null;
  };
  const observer = new ResizeObserver(() => plot?.setSize({ width: box.clientWidth, height: HEIGHT_PX }));
  observer.observe(box);
  const colorScheme = matchMedia("(prefers-color-scheme: dark)");
  const onColorScheme = () => {
    destroyPlot();
    if (lastActivity) update(lastActivity).catch(() => {}); // the next update tries again
  };
  colorScheme.addEventListener("change", onColorScheme);

  async function update(activity) {
    lastActivity = activity;
    const { interval_seconds: intervalS, finished_files: finished } = activity;
    // Zeros for the time before the master started.
    const counts = [...new Array(INTERVALS).fill(0), ...finished].slice(-INTERVALS);
    const minutes = counts.map((_, position) => ((position + 1 - counts.length) * intervalS) / 60);
    const rates = counts.map((files) => files / intervalS);
    staleness.setText(latest, rate(rates.at(-1) ?? 0));
    await loadUplot();
    if (plot) plot.setData([minutes, rates]);
    else if (box.isConnected) {
      plot = createPlot(box, [minutes, rates]);
      // On a change of color scheme, Chromium reports a width of 0; observing anew reports the real one.
      observer.unobserve(box);
      observer.observe(box);
    }
  }

  function destroy() {
    observer.disconnect();
    colorScheme.removeEventListener("change", onColorScheme);
    destroyPlot();
  }

  return { update, destroy };
}

function createPlot(box, data) {
  const style = getComputedStyle(document.documentElement);
  const [accent, muted, border] = ["--accent", "--muted", "--border"].map((name) => style.getPropertyValue(name));
  const axis = { stroke: muted, grid: { stroke: border, width: 1 }, ticks: { show: false } };
  return new window.uPlot({
    width: box.clientWidth, height: HEIGHT_PX, cursor: { show: false }, legend: { show: false },
    scales: { x: { time: false }, y: { range: (_, __, max) => [0, Math.max(1, max * 1.1)] } },
    axes: [{ ...axis, values: (_, minutes) => minutes.map((minute) => (minute ? `${minute} min` : "latest")) }, { ...axis, size: 44 }],
    series: [{}, { stroke: accent, width: 2, points: { show: false }, fill: `${accent}22` }],
  }, data, box);
}

async function loadUplot() {
  if (window.uPlot) return;
  const base = new URL("../vendor/uplot/", import.meta.url);
  await loadElement("link", { rel: "stylesheet", href: new URL("uPlot.min.css", base) });
  await loadElement("script", { src: new URL("uPlot.iife.min.js", base) });
}

function loadElement(tag, properties) {
  return new Promise((resolve, reject) => {
    const element = h(tag, { ...properties, onload: resolve, onerror: () => {
      element.remove();
      reject(new Error("The chart could not be loaded."));
    } });
    document.head.append(element);
  });
}
