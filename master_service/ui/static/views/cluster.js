// Who is in the cluster, how fast it goes, and how to add another computer.

import { get, status as askStatus } from "../api/client.js";
import { drawChart } from "../components/rate_chart.js";
import { h, keep, title } from "../components/elements.js";
import { freshness } from "../components/staleness.js";
import { drawNewestSpeedup } from "../components/speedup_card.js";
import { repeat } from "../timers.js";
import { snippet } from "../components/controls.js";
import { count, duration, slavesByState } from "../format.js";

/** Draw the view into `place`; returns what ends it. */
export function show(place, page) {
  title(place, "Cluster");
  const slaves = h("div", { class: "grid live" });
  const chart = h("section", { class: "card live", "aria-label": "Rate" });
  const speedup = h("div", { class: "live" });
  const head = h("p", { class: "faint" });
  place.replaceChildren(h("h2", {}, "Cluster"), head, chart, slaves, speedup, addSlave(page));
  const fresh = freshness(place, ask);
  const graph = drawChart(chart, fresh);
  const cards = new Map();
  let ended = false;

  function cardOf(slave, doing) {
    if (!cards.has(slave.name)) cards.set(slave.name, h("section", { class: "card", "aria-label": `Slave ${slave.name}` }));
    const card = cards.get(slave.name);
    // When a slave that is there was last heard of is not shown.
    const seen = slave.state === "missing" ? slave.last_seen_seconds : null;
    keep(card, [JSON.stringify([{ ...slave, last_seen_seconds: seen }, doing])], () => drawSlave(slave, doing, fresh));
    return card;
  }

  async function ask() {
    const [status, activity] = await Promise.all([askStatus(), get("/activity")]);
    if (ended) return;
    const all = [...status.slaves, ...status.missing];
    fresh.say(head, all.length ? slavesByState(all) : "No slave is here yet: start one as shown below.");
    const shown = all.map((one) => cardOf(one, activity.slaves[one.name]));
    keep(slaves, shown, () => shown);
    fresh.heard(); // what follows may take long, or fail
    // Not awaited: the browser waits for a script without a limit, and the next question must not.
    graph.draw(activity).catch(() => {});
    await drawNewestSpeedup(speedup).catch(() => {});
  }

  const stop = repeat(fresh.ask);
  return () => {
    ended = true;
    stop();
    fresh.end();
    graph.end();
  };
}

function drawSlave(slave, activity, fresh) {
  const missing = Object.entries(slave.unavailable ?? {});
  return [
    h("div", { class: "split" },
      h("h3", {}, slave.name),
      fresh.badge(h("span", { class: `state ${slave.state}` }), slave.state, howLong(slave))),
    slave.unreachable_reason ? h("p", { class: "error" }, slave.unreachable_reason) : null,
    slave.resting_reason ? h("p", { class: "faint" }, `It rests because ${slave.resting_reason}.`) : null,
    h("p", {}, `${count(slave.workers, "worker")}, ${count(activity?.files_per_minute ?? 0, "file")} in the last minute, ${(activity?.held_files ?? 0).toLocaleString("en")} in progress`),
    activity?.current_files.length ? h("ul", { role: "list", class: "faint plain" }, activity.current_files.map((name) => h("li", { class: "one-line", title: name }, name))) : null,
    h("p", { class: "types" }, slave.task_types.map((name) => h("span", { class: "tag" }, name))),
    missing.map(([name, why]) => h("p", { class: "faint" }, h("span", { class: "tag off" }, name), ` ${why}`)),
  ];
}

function howLong({ state, last_seen_seconds: silent, resting_seconds: rested, resting_seconds_left: left }) {
  if (state === "missing") return `missing for ${duration(silent)}`;
  return state === "resting" ? `resting for ${duration(rested)}, ${duration(left)} more` : state;
}

function places(isHere) {
  const meanings = { "the-token": "the token of this cluster" };
  if (isHere) meanings["MASTER-ADDRESS"] = "the address of the master's computer";
  if (location.protocol === "https:") meanings["OWN-ADDRESS"] = "the new slave's address, for which scripts/certificates.py makes the files";
  return Object.entries(meanings).map(([name, meaning], place) => [place ? "; " : "", h("code", {}, name), ", ", meaning]);
}

function addSlave({ token }) {
  // Opened on the master's own computer, the page does not know how others reach it.
  const isHere = token && /^(localhost|127\.|\[::1\])/.test(location.hostname);
  const settings = { MASTER_URL: isHere ? `${location.protocol}//MASTER-ADDRESS:${location.port}` : location.origin };
  if (token) settings.CLUSTER_TOKEN = "the-token";
  if (token && location.protocol === "http:") settings.ALLOW_PLAIN_HTTP = "1";
  if (location.protocol === "https:") Object.assign(settings, { TLS_CERT: "certificates/OWN-ADDRESS.pem", TLS_KEY: "certificates/OWN-ADDRESS.key", TLS_CA: "certificates/ca.pem" });
  const unix = Object.entries(settings).map(([name, value]) => `${name}=${value}`).join(" ");
  const windows = Object.entries(settings).map(([name, value]) => `$env:${name}='${value}';`).join(" ");
  return h("section", { class: "card", "aria-label": "Add a slave" },
    h("h3", {}, "Add a slave"),
    token
      ? h("p", {}, "On another computer with this program and its requirements installed, with its own values in place of these: ", places(isHere), ".")
      : h("p", {}, "On this computer, in the folder of the program. (For slaves on other computers the master needs a token first: ", h("code", {}, "MASTER_HOST=0.0.0.0 python master.py"), " prints all that is needed.)"),
    snippet(`${unix} python slave.py`),
    h("p", { class: "faint" }, "In PowerShell:"),
    snippet(`${windows} python slave.py`));
}
