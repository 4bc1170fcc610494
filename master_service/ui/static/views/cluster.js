// The view "Cluster": the rate, the slaves, and how to add one.

import { get, status } from "../api/client.js";
import { h, renderIfChanged, setTitle } from "../components/elements.js";
import { rateChart } from "../components/rate_chart.js";
import { renderNewestSpeedup } from "../components/speedup_card.js";
import { trackStaleness } from "../components/staleness.js";
import { count, duration, number, slavesByState } from "../format.js";
import { repeat } from "../timers.js";
import { addSlaveCard } from "./add_slave_card.js";

export function showCluster(container, page) {
  setTitle(container, "Cluster");
  const slaveGrid = h("div", { class: "grid live-data" });
  const chartCard = h("section", { class: "card live-data", "aria-label": "Rate" });
  const speedup = h("div", { class: "live-data" });
  const summary = h("p", { class: "muted" });
  container.replaceChildren(h("h2", {}, "Cluster"), summary, chartCard, slaveGrid, speedup, addSlaveCard(page));
  const staleness = trackStaleness(container, fetchAndRender);
  const chart = rateChart(chartCard, staleness);
  const cards = new Map();
  let ended = false;

  function renderSlave(slave, activity) {
    if (!cards.has(slave.name)) cards.set(slave.name, h("section", { class: "card", "aria-label": `Slave ${slave.name}` }));
    const card = cards.get(slave.name);
    // last_seen_seconds always changes, but is shown of missing slaves only.
    const lastSeen = slave.state === "missing" ? slave.last_seen_seconds : null;
    renderIfChanged(card, [JSON.stringify([{ ...slave, last_seen_seconds: lastSeen }, activity])], () => slaveDetails(slave, activity, staleness));
    return card;
  }

  async function fetchAndRender() {
    const [{ slaves, missing }, activity] = await Promise.all([status(), get("/activity")]);
    if (ended) return;
    const all = [...slaves, ...missing];
    staleness.setText(summary, all.length ? slavesByState(all) : "No slave is registered yet: start one as shown below.");
    // A card that is not in the page misses changes of staleness: a slave that comes back gets another.
    const names = new Set(all.map(({ name }) => name));
    for (const name of cards.keys()) if (!names.has(name)) cards.delete(name);
    const shown = all.map((slave) => renderSlave(slave, activity.slaves[slave.name]));
    renderIfChanged(slaveGrid, shown, () => shown);
    staleness.markFresh(); // the rest may take long, or fail
    // Not awaited: loading uPlot has no time limit.
    chart.update(activity).catch(() => {});
    await renderNewestSpeedup(speedup).catch(() => {});
  }

  const stop = repeat(staleness.refresh);
  return () => {
    ended = true;
    stop();
    staleness.stop();
    chart.destroy();
  };
}

function slaveDetails(slave, activity, staleness) {
  return [
    h("div", { class: "spread" },
      h("h3", {}, slave.name),
      staleness.setState(h("span", { class: `state ${slave.state}` }), slave.state, stateText(slave))),
    slave.unreachable_reason ? h("p", { class: "error" }, slave.unreachable_reason) : null,
    slave.resting_reason ? h("p", { class: "muted" }, `Resting because ${slave.resting_reason}.`) : null,
    h("p", {}, `${count(slave.workers, "worker")}, ${count(activity?.files_per_minute ?? 0, "file")} in the last minute, ${number(activity?.held_files ?? 0)} in progress`),
    activity?.current_files.length ? h("ul", { role: "list", class: "muted plain-list" }, activity.current_files.map((name) => h("li", { class: "truncate", title: name }, name))) : null,
    h("p", { class: "tags" }, slave.task_types.map((name) => h("span", { class: "tag" }, name))),
    Object.entries(slave.unavailable ?? {}).map(([name, reason]) => h("p", { class: "muted" }, h("span", { class: "tag unavailable" }, name), ` ${reason}`)),
  ];
}

function stateText({ state, last_seen_seconds: missingS, resting_seconds: restingS, resting_seconds_left: leftS }) {
  if (state === "missing") return `missing for ${duration(missingS)}`;
  return state === "resting" ? `resting for ${duration(restingS)}, ${duration(leftS)} left` : state;
}
