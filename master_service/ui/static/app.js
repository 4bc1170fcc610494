// Starts the page: leads each address (after the #) to its view, and tells whether the master is there.

import { connection, status } from "./api/client.js";
import { h, keep } from "./components/elements.js";
import { loginForm } from "./components/login_form.js";
import { isSending } from "./upload/upload_queue.js";
import { show as showCluster } from "./views/cluster.js";
import { show as showJob } from "./views/job.js";
import { show as showJobs } from "./views/jobs.js";
import { show as showSend } from "./views/send.js";

const AGAIN_MS = 5000;
const VIEWS = { "": showSend, jobs: showJobs, job: showJob, cluster: showCluster };
const page = JSON.parse(document.getElementById("page").textContent);
const place = document.getElementById("view");
let end = () => {};
let comingBack = null;

function lead(event) {
  end();
  const [name = "", ...rest] = location.hash.replace(/^#\/?/, "").split("/").map(decoded);
  const view = name === "jobs" && rest.length ? "job" : name;
  for (const link of document.querySelectorAll("nav a")) {
    const here = link.getAttribute("href") === `#/${name}`;
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  scrollTo(0, 0);
  const show = Object.hasOwn(VIEWS, view) ? VIEWS[view] : showSend;
  // What a view that was left still draws goes nowhere.
  const room = h("div", { class: "view" });
  place.replaceChildren(room);
  end = show(room, page, rest) ?? (() => {});
  // Who goes by keyboard, or listens, is led to what is new.
  if (event) document.querySelector("main").focus({ preventScroll: true });
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

connection.addEventListener("change", () => {
  keep(document.getElementById("trouble"), [connection.up, connection.loggedIn], () => {
    if (!connection.up) return h("p", { class: "notice bad" }, "The master can't be reached: what is shown here is from its last answer. This page tries again by itself; what was accepted is safe.");
    return connection.loggedIn ? [] : loginForm();
  });
  clearTimeout(comingBack);
  // Views ask again by themselves, but not all at all times.
  if (!connection.up) comeBack();
});

function comeBack() {
  comingBack = setTimeout(() => status().catch(() => { if (!connection.up) comeBack(); }), AGAIN_MS);
}

/** Show what was seen before as soon as the master lets us in. */
async function showAgain() {
  try {
    await status();
    place.style.visibility = "";
  } catch (error) {
    if (error.status === 401 && !isSending()) location.reload();
    else setTimeout(showAgain, AGAIN_MS);
  }
}

addEventListener("hashchange", lead);
addEventListener("beforeunload", (event) => {
  if (isSending()) event.preventDefault();
});
// A page that is shown again as it was left may not be for who is there now.
if (page.token) {
  addEventListener("pagehide", () => { place.style.visibility = "hidden"; }); // and keeps its height, by which one is led back
  addEventListener("pageshow", ({ persisted }) => { if (persisted) showAgain(); });
}
// A file that misses its place must not take the place of the page.
for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());
lead();
