// Shows who is in the cluster and how its jobs go, from the calls that everybody uses.
const EVERY_MS = 5000;

/** Fetch JSON; a login that has ended leads to the login page. */
async function get(path) {
  const answer = await fetch(path, { headers: { Accept: "application/json" } });
  if (answer.status === 401) location.assign("/login");
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error);
  return body;
}

/** Fill a table with rows of cells, each a text or an element; without rows show the hint. */
function fill(name, rows) {
  const table = document.getElementById(name);
  table.hidden = rows.length === 0;
  document.getElementById(`no-${name}`).hidden = rows.length > 0;
  table.tBodies[0].replaceChildren(...rows.map((cells) => {
    const row = document.createElement("tr");
    for (const cell of cells) row.insertCell().append(cell);
    return row;
  }));
}

function link(href, text) {
  const element = document.createElement("a");
  element.href = href;
  element.textContent = text;
  return element;
}

async function show() {
  const trouble = document.getElementById("trouble");
  try {
    const [status, { jobs }] = await Promise.all([get("/check_status"), get("/jobs?limit=50")]);
    fill("slaves", [...status.slaves, ...status.missing].map((slave) =>
      [`${slave.slave_ip}:${slave.slave_port}`, slave.state, slave.workers, slave.task_types.join(", ")]));
    fill("jobs", jobs.map((job) =>
      [job.job_id, job.task_type, job.state, job.done_files, job.failed_files, job.total_files,
        job.done_files ? link(`/jobs/${job.job_id}/results.zip`, "ZIP") : ""]));
    trouble.hidden = true;
  } catch (error) {
    trouble.textContent = error instanceof TypeError ? "The master can't be reached; trying again." : error.message;
    trouble.hidden = false;
  }
}

await show();
setInterval(show, EVERY_MS);
