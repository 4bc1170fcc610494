// Starts the page: routes the address's hash to a view, and shows whether the master can be reached.

import { status } from "./api/client.js";
import { connection } from "./api/connection.js";
import { h, renderIfChanged } from "./components/elements.js";
import { loginForm } from "./components/login_form.js";
import { isUploading } from "./upload/upload_queue.js";
import { showCluster } from "./views/cluster.js";
import { showJob } from "./views/job.js";
import { showJobs } from "./views/jobs.js";
import { showSend } from "./views/send.js";

const RETRY_MS = 5000;
const page = JSON.parse(document.getElementById("page-data").textContent);
const viewContainer = document.getElementById("view");
let endView = () => {};
let retryTimer = null;

// Views are at #/, #/jobs, #/jobs/ID, #/jobs/ID/INDEX and #/cluster; each renders into a container, and returns a function that ends it.
function viewOf(name, parameters) {
  if (name === "cluster") return showCluster;
  if (name === "jobs") return [showJobs, showJob][parameters.length] ?? loadAndShowResult;
  return showSend;
}

// A fifth of the page renders results, which the first load does not need.
function loadAndShowResult(container, ...rest) {
  let end = () => {};
  let isEnded = false;
  import("./views/result.js").then(
    ({ showResult }) => { if (!isEnded) end = showResult(container, ...rest); },
    () => container.replaceChildren(h("p", { class: "card error" }, "A part of the page could not be loaded: reload the page.")),
  );
  return () => {
    isEnded = true;
    end();
  };
}

function route(event) {
  endView();
  const [name = "", ...parameters] = location.hash.replace(/^#\/?/, "").split("/").map(decode);
  for (const link of document.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === `#/${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  scrollTo(0, 0);
  // A container per view: late responses for an ended view change nothing.
  const container = h("div", { class: "view" });
  viewContainer.replaceChildren(container);
  endView = viewOf(name, parameters)(container, page, parameters);
  // For keyboards and screen readers.
  if (event) document.querySelector("main").focus({ preventScroll: true });
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

connection.addEventListener("change", () => {
  renderIfChanged(document.getElementById("connection-alert"), [connection.reachable, connection.loggedIn], () => {
    if (!connection.reachable) return h("p", { class: "notice danger" }, "The master can't be reached: the page shows data of its last response, and tries again every few seconds. Accepted files are safe.");
    return connection.loggedIn ? [] : loginForm();
  });
  clearTimeout(retryTimer);
  // Not all views call the master all the time.
  if (!connection.reachable) retryLater();
});

function retryLater() {
  retryTimer = setTimeout(() => status().catch(() => { if (!connection.reachable) retryLater(); }), RETRY_MS);
}

async function showIfLoggedIn() {
  try {
    await status();
    viewContainer.style.visibility = "";
  } catch (error) {
    if (error.status === 401 && !isUploading()) location.reload();
    else setTimeout(showIfLoggedIn, RETRY_MS);
  }
}

addEventListener("hashchange", route);
addEventListener("beforeunload", (event) => {
  if (isUploading()) event.preventDefault();
});
// A page restored from the back-forward cache may show data after a logout.
if (page.token) {
  addEventListener("pagehide", () => { viewContainer.style.visibility = "hidden"; }); // which keeps the scroll position
  addEventListener("pageshow", ({ persisted }) => { if (persisted) showIfLoggedIn(); });
}
// A file that is dropped beside the drop zone must not replace the page.
for (const type of ["dragover", "drop"]) addEventListener(type, (event) => event.preventDefault());
route();
