// Calls the master's HTTP API, and records in `connection` whether it can be reached.

import { idleTimeout } from "../timers.js";
import { connection } from "./connection.js";

const RESPONSE_IDLE_MS = 20_000;
// Less than the master's own limit, a minute.
const UPLOAD_IDLE_MS = 50_000;
const [LOGIN, STATUS] = ["/login", "/check_status"];

/** `status` is that of HTTP, 0 if the master was not reached, -1 if the caller cancelled; `message` is the master's. */
export class ApiError extends Error {
  constructor(message, status, retryAfterS = 0) {
    super(message);
    this.status = status;
    this.retryAfterS = retryAfterS;
  }
}

export const cancelledError = () => new ApiError("Cancelled.", -1);

// All calls return the parsed JSON body, and throw ApiError.
export const get = (path, signal) => callJson("GET", path, { signal });
export const remove = (path) => callJson("DELETE", path);
/** POST JSON; `key` is the Idempotency-Key. */
export const post = (path, { body, key, signal } = {}) =>
  callJson("POST", path, { signal, body: body && JSON.stringify(body), headers: { "Content-Type": "application/json", ...(key && { "Idempotency-Key": key }) } });

/** The id may come from the address bar. */
export const jobPath = (jobId) => `/jobs/${encodeURIComponent(jobId)}`;

export const resultPath = (job, file) => `/results/${job.task_type}/${encodeURIComponent(file.saved_file.split("/").at(-1))}`;

export async function status(signal) {
  const body = await get(STATUS, signal);
  // Without a login the master answers 200, but lists no slaves.
  if (!body.slaves) throw responseError(STATUS, 401, {});
  connection.update({ loggedIn: true });
  return body;
}

export async function logIn(token) {
  await call(LOGIN, { method: "POST", body: new URLSearchParams({ token }), headers: { Accept: "application/json" } });
  await status();
}

export const getBlob = (path, signal) => call(path, { signal });

async function callJson(method, path, { body, headers, signal } = {}) {
  const response = await call(path, { method, body, headers: { Accept: "application/json", ...headers }, signal });
  try {
    return JSON.parse(await response.text());
  } catch {
    throw unreachable(); // a proxy answered, not the master
  }
}

// Return the body as a Blob.
async function call(path, { signal, ...options }) {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const { reset, clear } = idleTimeout(RESPONSE_IDLE_MS, abort);
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  try {
    const response = await fetch(path, { ...options, signal: controller.signal });
    const body = await readBody(response, reset);
    if (!response.ok) throw responseError(path, response.status, parseJson(await body.text()), response.headers.get("Retry-After"));
    // These two succeed without a login.
    connection.update({ reachable: true, loggedIn: connection.loggedIn || ![LOGIN, STATUS].includes(path) });
    return body;
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw signal?.aborted ? cancelledError() : unreachable();
  } finally {
    clear();
    signal?.removeEventListener("abort", abort);
  }
}

async function readBody(response, onChunk) {
  const chunks = [];
  const reader = response.body?.getReader();
  for (let chunk = await reader?.read(); chunk && !chunk.done; chunk = await reader.read()) {
    chunks.push(chunk.value);
    onChunk();
  }
  return new Blob(chunks, { type: response.headers.get("Content-Type") ?? "" });
}

function unreachable() {
  connection.update({ reachable: false });
  return new ApiError("The master can't be reached.", 0);
}

function responseError(path, status, body, retryAfter) {
  connection.update({ reachable: true, loggedIn: status === 401 ? false : connection.loggedIn });
  // The master's own message for 401 is about the Authorization header.
  const isExpired = status === 401 && path !== LOGIN;
  return new ApiError(isExpired ? "The login has expired." : body.error ?? `The master answered with ${status}.`, status, Number(retryAfter) || 0);
}

/** A new Idempotency-Key. */
export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * POST a multipart form; `onProgress` gets the bytes sent, which only XMLHttpRequest reports. An unreadable
 * file gives status 0 as well.
 */
export function sendForm(path, form, { key, onProgress, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.setRequestHeader("Idempotency-Key", key);
    let stalled = false;
    const abort = () => request.abort();
    const { reset, clear } = idleTimeout(UPLOAD_IDLE_MS, () => {
      stalled = true;
      abort();
    });
    request.upload.onprogress = (event) => {
      reset();
      onProgress(event.loaded);
    };
    request.onloadend = () => {
      clear();
      signal.removeEventListener("abort", abort);
    };
    request.onload = () => {
      const body = parseJson(request.responseText);
      if (request.status < 300) resolve(body);
      else reject(responseError(path, request.status, body, request.getResponseHeader("Retry-After")));
    };
    request.onerror = () => reject(new ApiError("The upload was interrupted.", 0));
    request.onabort = () => reject(stalled ? new ApiError("The upload stalled.", 0) : cancelledError());
    signal.addEventListener("abort", abort);
    request.send(form);
  });
}

function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
