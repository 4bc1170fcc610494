// Follows a job until it ends: by WebSocket, or by polling where WebSockets are blocked.

import { repeat } from "../timers.js";
import { ApiError, get, jobPath } from "./client.js";
import { connection } from "./connection.js";

const RECONNECT_MS = 2000;
const POLL_MS = 5000;
// Responses that will not change: the job does not exist.
const PERMANENT_ERRORS = new Set([400, 404]);
// A job without messages for this long is polled: browsers don't report a dead connection.
const IDLE_MS = 10_000;
const FINAL_STATES = new Set(["done", "cancelled"]);

/** Whether a job's state is final. */
export const isFinal = (job) => FINAL_STATES.has(job.state);

/** Call `onUpdate(job)` on every change, and `onEnd` after the last one; returns a function that stops it. */
export function followJob(jobId, onUpdate, onEnd = () => {}) {
  const state = { jobId, onUpdate, end: null, stopped: false, socket: null, updatedAt: 0 };
  connect(state);
  const stopPolling = repeat(() => pollIfIdle(state), IDLE_MS);
  const stop = () => {
    state.stopped = true;
    stopPolling();
    state.socket?.close();
  };
  state.end = () => {
    stop();
    onEnd();
  };
  return stop;
}

// Also while connecting: after failures, Firefox delays a new connection by up to a minute.
async function pollIfIdle(state) {
  const isIdle = state.socket.readyState <= WebSocket.OPEN && performance.now() - state.updatedAt > IDLE_MS;
  if (!state.stopped && isIdle) await poll(state);
}

function connect(state) {
  if (state.stopped) return;
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  let [ended, received] = [false, false];
  state.updatedAt = performance.now();
  state.socket = new WebSocket(`${scheme}://${location.host}${jobPath(state.jobId)}/events`);
  state.socket.onmessage = ({ data }) => {
    if (state.stopped) return;
    const job = JSON.parse(data);
    received = true;
    ended = isFinal(job);
    state.updatedAt = performance.now();
    connection.update({ reachable: true });
    state.onUpdate(job);
    if (ended) state.end();
  };
  state.socket.onclose = async () => {
    if (state.stopped || ended) return;
    // A connection that never delivered a message may be blocked by a proxy.
    if (!received && (await poll(state))) return;
    setTimeout(() => connect(state), received ? RECONNECT_MS : POLL_MS);
  };
}

// Get the job once; returns whether it has ended.
async function poll(state) {
  try {
    const job = await get(`${jobPath(state.jobId)}?limit=0`);
    if (state.stopped) return true;
    state.onUpdate(job);
    if (!isFinal(job)) return false;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (!PERMANENT_ERRORS.has(error.status)) return false;
  }
  state.end();
  return true;
}
