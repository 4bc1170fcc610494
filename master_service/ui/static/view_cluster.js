// Who is in the cluster, how fast it goes, and how to add another computer.

import { get, status as askStatus } from "./api.js";
import { count, duration, h, rate, snippet } from "./dom.js";

const ASK_MS = 5000;
/** As many as the master keeps. */
const INTERVALS = 119;

/** Draw the view into `place`; returns what ends it. */
export function show(place, page) {
  const slaves = h("div", { class: "grid" });
  const chart = h("section", { class: "card", "aria-label": "Rate" });
  const head = h("p", { class: "faint" });
  place.replaceChildren(h("h2", {}, "Cluster"), head, chart, slaves, addSlave(page));
  const graph = drawChart(chart);
  let ended = false;

  async function ask() {
    const [status, activity] = await Promise.all([askStatus(), get("/activity")]).catch(() => [null]);
    if (!status || ended) return;
    const all = [...status.slaves, ...status.missing];
    head.textContent = all.length ? `${count(status.slaves.length, "slave")}, ${count(status.slaves.reduce((sum, one) => sum + one.workers, 0), "worker")}` : "No slave is here yet: start one as shown below.";
    slaves.replaceChildren(...all.map((one) => drawSlave(one, activity.slaves[`${one.slave_ip}:${one.slave_port}`])));
    graph.draw(activity);
  }

  ask();
  const asking = setInterval(ask, ASK_MS);
  return () => {
    ended = true;
    clearInterval(asking);
    graph.end();
  };
}

function drawSlave(slave, activity) {
  const gone = slave.state === "missing";
  const missing = Object.entries(slave.unavailable ?? {});
  return h("section", { class: "card", "aria-label": `Slave ${slave.slave_ip}:${slave.slave_port}` },
    h("div", { class: "split" },
      h("h3", {}, `${slave.slave_ip}:${slave.slave_port}`),
      h("span", { class: `state ${slave.state}` }, gone ? `missing for ${duration(slave.last_seen_seconds)}` : slave.state)),
    h("p", {}, `${count(slave.workers, "worker")}, ${rate((activity?.files_per_minute ?? 0) / 60)}, ${count(activity?.held_files ?? 0, "file")} in hand`),
    activity?.current_files.length ? h("ul", { class: "faint plain" }, activity.current_files.map((name) => h("li", { class: "one-line" }, name))) : null,
    h("p", { class: "types" }, slave.task_types.map((name) => h("span", { class: "tag" }, name))),
    missing.map(([name, why]) => h("p", { class: "faint" }, h("span", { class: "tag off" }, name), ` ${why}`)));
}

/** Draw the rate of the last minutes: `draw` takes newer figures, `end` lets the chart go. */
function drawChart(place) {
  const box = h("div", { class: "chart" });
  const now = h("strong");
  place.replaceChildren(h("div", { class: "split" }, h("h3", {}, "Files a second, the last ten minutes"), now), box);
  let plot = null;
  const observer = new ResizeObserver(() => plot?.setSize({ width: box.clientWidth, height: 180 }));
  observer.observe(box);
  const ready = loadPlot();
  const end = () => {
    observer.disconnect();
    plot?.destroy();
  };
  const draw = async ({ interval_seconds: step, finished_files: ended }) => {
    const uPlot = await ready;
    // A master that began just now has done nothing before.
    const all = [...new Array(INTERVALS - ended.length).fill(0), ...ended];
    const minutes = all.map((_, place) => ((place + 1 - all.length) * step) / 60);
    const rates = all.map((number) => number / step);
    now.textContent = rate(rates.at(-1) ?? 0);
    if (plot) return plot.setData([minutes, rates]);
    if (!box.isConnected) return undefined;
    const style = getComputedStyle(document.documentElement);
    const [accent, faint, line] = ["--accent-plain", "--faint-plain", "--line-plain"].map((name) => style.getPropertyValue(name));
    const axis = { stroke: faint, grid: { stroke: line, width: 1 }, ticks: { show: false } };
    plot = new uPlot({
      width: box.clientWidth, height: 180, cursor: { show: false }, legend: { show: false },
      scales: { x: { time: false }, y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
      axes: [{ ...axis, values: (_, marks) => marks.map((minute) => (minute ? `${minute} min` : "now")) }, { ...axis, size: 44 }],
      series: [{}, { stroke: accent, width: 2, points: { show: false }, fill: `${accent}22` }],
    }, [minutes, rates], box);
    return undefined;
  };
  return { draw, end };
}

/** The library is fetched by whoever looks at the chart, and by nobody else. */
function loadPlot() {
  if (window.uPlot) return Promise.resolve(window.uPlot);
  const base = new URL("vendor/uplot/", import.meta.url);
  document.head.append(h("link", { rel: "stylesheet", href: new URL("uPlot.min.css", base) }));
  return new Promise((resolve) => {
    document.head.append(h("script", { src: new URL("uPlot.iife.min.js", base), onload: () => resolve(window.uPlot) }));
  });
}

function addSlave({ token }) {
  const settings = { MASTER_URL: location.origin };
  if (token) settings.CLUSTER_TOKEN = "the-token";
  if (token && location.protocol === "http:") settings.ALLOW_PLAIN_HTTP = "1";
  if (location.protocol === "https:") Object.assign(settings, { TLS_CERT: "certificates/OWN-ADDRESS.pem", TLS_KEY: "certificates/OWN-ADDRESS.key", TLS_CA: "certificates/ca.pem" });
  const unix = Object.entries(settings).map(([name, value]) => `${name}=${value}`).join(" ");
  const windows = Object.entries(settings).map(([name, value]) => `$env:${name}='${value}';`).join(" ");
  return h("section", { class: "card", "aria-label": "Add a slave" },
    h("h3", {}, "Add a slave"),
    token
      ? h("p", {}, "On another computer with this program and its requirements installed, with the token of this cluster in place of ", h("code", {}, "the-token"), ":")
      : h("p", {}, "On this computer, in the folder of the program. (For slaves on other computers the master needs a token first: ", h("code", {}, "MASTER_HOST=0.0.0.0 python master.py"), " prints all that is needed.)"),
    snippet(`${unix} python slave.py`),
    h("p", { class: "faint" }, "In PowerShell:"),
    snippet(`${windows} python slave.py`));
}
