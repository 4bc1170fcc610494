// Calls the master, and tells whether it is there.

import { patience } from "../timers.js";

/** A master that says nothing, or nothing more, for so long is as good as gone. */
const LIMIT_MS = 20_000;
/** An upload of which nothing is heard, and no byte leaves, for so long goes nowhere any more; the master waits for a minute. */
const STALL_MS = 50_000;
const [LOGIN, STATUS] = ["/login", "/check_status"];

/** Whether the master answers, and lets us in; says "change". */
export const connection = Object.assign(new EventTarget(), { up: true, loggedIn: true, tell });

/** What the master refused, in its own words; a status of 0 means that it could not be reached, -1 that the caller stopped it. */
export class ApiError extends Error {
  constructor(message, status, retryAfterS = 0) {
    super(message);
    this.status = status;
    this.retryAfterS = retryAfterS;
  }
}

export const get = (path, signal) => call("GET", path, { signal });
export const remove = (path) => call("DELETE", path);
export const post = (path, { body, key, signal } = {}) =>
  call("POST", path, { signal, body: body && JSON.stringify(body), headers: { "Content-Type": "application/json", ...(key && { "Idempotency-Key": key }) } });

/** The address of a job, whose id may be anything that stood behind the #. */
export const jobPath = (jobId) => `/jobs/${encodeURIComponent(jobId)}`;

/** Who is in the cluster. */
export async function status(signal) {
  const told = await get(STATUS, signal);
  // Whoever is not let in is told this much and no more.
  if (!told.slaves) throw refused(STATUS, 401, {});
  tell({ loggedIn: true });
  return told;
}

/** Show the token again. */
export async function logIn(token) {
  await reach(LOGIN, { method: "POST", body: new URLSearchParams({ token }), headers: { Accept: "application/json" } });
  await status();
}

/** Fetch a file as it is. */
export const blob = (path, signal) => reach(path, { signal });

async function call(method, path, { body, headers, signal } = {}) {
  const answer = await reach(path, { method, body, headers: { Accept: "application/json", ...headers }, signal });
  try {
    return JSON.parse(await answer.text());
  } catch {
    throw notReached(); // whoever answered was no master
  }
}

/** Make a call, and read its answer to the end, which may break off, or stop, like the call itself. */
async function reach(path, { signal, ...options }) {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  const { more, end } = patience(LIMIT_MS, stop);
  signal?.addEventListener("abort", stop);
  if (signal?.aborted) stop();
  try {
    const answer = await fetch(path, { ...options, signal: stopping.signal });
    const body = await whole(answer, more);
    if (!answer.ok) throw refused(path, answer.status, parsed(await body.text()), answer.headers.get("Retry-After"));
    // These two are answered to everybody.
    tell({ up: true, loggedIn: connection.loggedIn || ![LOGIN, STATUS].includes(path) });
    return body;
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw signal?.aborted ? new ApiError("Stopped.", -1) : notReached();
  } finally {
    end();
    signal?.removeEventListener("abort", stop);
  }
}

async function whole(answer, onPiece) {
  const pieces = [];
  const reader = answer.body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader.read()) {
    pieces.push(part.value);
    onPiece();
  }
  return new Blob(pieces, { type: answer.headers.get("Content-Type") ?? "" });
}

function notReached() {
  tell({ up: false });
  return new ApiError("The master can't be reached.", 0);
}

function refused(path, status, body, retryAfter) {
  tell({ up: true, loggedIn: status === 401 ? false : connection.loggedIn });
  // What the master says then is for programs.
  const hasEnded = status === 401 && path !== LOGIN;
  return new ApiError(hasEnded ? "The login has ended." : body.error ?? `The master answered with ${status}.`, status, Number(retryAfter) || 0);
}

function tell(news) {
  if (Object.entries(news).every(([name, value]) => connection[name] === value)) return;
  Object.assign(connection, news);
  connection.dispatchEvent(new Event("change"));
}

/** A key under which a request that is sent again counts once. */
export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Send a form; `onProgress` hears the bytes that have left. Only XMLHttpRequest tells these, but not
 * whether the master can't be reached or a file can't be read: both have the status 0.
 */
export function sendForm(path, form, { key, onProgress, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.setRequestHeader("Idempotency-Key", key);
    let stalled = false;
    const abort = () => request.abort();
    const { more, end } = patience(STALL_MS, () => {
      stalled = true;
      abort();
    });
    request.upload.onprogress = (event) => {
      more();
      onProgress(event.loaded);
    };
    request.onloadend = () => {
      end();
      signal.removeEventListener("abort", abort);
    };
    request.onload = () => {
      const body = parsed(request.responseText);
      if (request.status < 300) resolve(body);
      else reject(refused(path, request.status, body, request.getResponseHeader("Retry-After")));
    };
    request.onerror = () => reject(new ApiError("The upload broke off.", 0));
    request.onabort = () => reject(stalled ? new ApiError("The upload stood still.", 0) : new ApiError("Stopped.", -1));
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
