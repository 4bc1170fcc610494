// Speaks with the master: calls, uploads with progress, and the live events of a job.

const AGAIN_MS = 2000;
/** Where events can't be had, jobs are asked for no more often than this. */
const POLL_MS = 5000;
/** What is no passing trouble. */
const REFUSED = new Set([400, 401, 403, 404]);
const OVER = new Set(["done", "cancelled"]);

/** Tells whether the master answers: an event "change", and `up`. */
export const connection = Object.assign(new EventTarget(), { up: true });

/** What the master refused, in its own words; a status of 0 means that it could not be reached. */
export class ApiError extends Error {
  constructor(message, status, retryAfterS = 0) {
    super(message);
    this.status = status;
    this.retryAfterS = retryAfterS;
  }
}

export const get = (path) => call("GET", path);
export const remove = (path) => call("DELETE", path);
export const post = (path, body, key) =>
  call("POST", path, body === undefined ? undefined : JSON.stringify(body), headersWith(key, { "Content-Type": "application/json" }));

/** Who is in the cluster; a login that has ended leads to the login page. */
export async function status() {
  const told = await get("/check_status");
  // Whoever is not let in is told this much and no more.
  if (!told.slaves) {
    logIn();
    throw new ApiError("Please log in.", 401);
  }
  return told;
}

/** Fetch a file as it is. */
export async function blob(path) {
  const answer = await reach(fetch(path));
  if (!answer.ok) throw await refusal(answer);
  return answer.blob();
}

async function call(method, path, body, headers = {}) {
  const answer = await reach(fetch(path, { method, body, headers: { Accept: "application/json", ...headers } }));
  if (!answer.ok) throw await refusal(answer);
  return answer.json();
}

async function reach(answering) {
  try {
    const answer = await answering;
    tell(true);
    return answer;
  } catch {
    tell(false);
    throw new ApiError("The master can't be reached.", 0);
  }
}

async function refusal(answer) {
  return refused(answer.status, await answer.json().catch(() => ({})), answer.headers.get("Retry-After"));
}

function refused(status, body, retryAfter) {
  if (status === 401) logIn();
  return new ApiError(body.error ?? `The master answered with ${status}.`, status, Number(retryAfter) || 0);
}

/** The part after the # is kept, and with it the view that was looked at. */
function logIn() {
  location.assign(`/login${location.hash}`);
}

function tell(up) {
  if (up === connection.up) return;
  connection.up = up;
  connection.dispatchEvent(new Event("change"));
}

function headersWith(key, headers) {
  return key ? { ...headers, "Idempotency-Key": key } : headers;
}

/** A key under which a request that is sent again counts once. */
export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Send a form; `onProgress` hears the bytes that have left. Only XMLHttpRequest tells these, but not
 * whether the master can't be reached or a file can't be read: both have the status 0.
 */
export function upload(path, form, key, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.setRequestHeader("Idempotency-Key", key);
    request.upload.onprogress = (event) => onProgress(event.loaded);
    const abort = () => request.abort();
    request.onloadend = () => signal.removeEventListener("abort", abort);
    request.onload = () => {
      tell(true);
      const body = parsed(request.responseText);
      if (request.status < 300) resolve(body);
      else reject(refused(request.status, body, request.getResponseHeader("Retry-After")));
    };
    request.onerror = () => reject(new ApiError("The upload broke off.", 0));
    request.onabort = () => reject(new ApiError("Stopped.", -1));
    signal.addEventListener("abort", abort);
    request.send(form);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** Hear how a job goes until it is over, whatever happens to the connection; returns a way to stop. */
export function watch(jobId, hear) {
  const state = { stopped: false, socket: null };
  listen(jobId, hear, state);
  return () => {
    state.stopped = true;
    state.socket?.close();
  };
}

function listen(jobId, hear, state) {
  if (state.stopped) return;
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  let [over, heard] = [false, false];
  state.socket = new WebSocket(`${scheme}://${location.host}/jobs/${jobId}/events`);
  state.socket.onmessage = ({ data }) => {
    const job = JSON.parse(data);
    heard = true;
    over = isOver(job);
    tell(true);
    hear(job);
  };
  state.socket.onclose = async () => {
    if (state.stopped || over) return;
    // A connection that broke is made again. Where none could be had, as behind some proxies, the
    // job is asked for.
    if (!heard) {
      const job = await get(`/jobs/${jobId}?limit=0`).catch((error) => error);
      if (state.stopped) return;
      if (job instanceof ApiError && REFUSED.has(job.status)) return;
      if (!(job instanceof ApiError)) hear(job);
      if (isOver(job)) return;
    }
    setTimeout(() => listen(jobId, hear, state), heard ? AGAIN_MS : POLL_MS);
  };
}

/** Whether a job has come to its end. */
export const isOver = (job) => OVER.has(job.state);
