// Hears how a job goes until it is over, whatever happens to the connection.

import { ApiError, connection, get, jobPath } from "./client.js";
import { repeat } from "../timers.js";

const AGAIN_MS = 2000;
/** Where events can't be had, jobs are asked for no more often than this. */
const POLL_MS = 5000;
/** What no waiting mends: the job is gone, or never was. */
const REFUSED = new Set([400, 404]);
/** A connection that is as silent as this may be dead, which nobody tells a browser. */
const SILENT_MS = 10_000;
const OVER = new Set(["done", "cancelled"]);

/** Whether a job has come to its end. */
export const isOver = (job) => OVER.has(job.state);

/** Call `hear` with the job whenever it has changed, and `end` when there is no more to hear; returns what stops it. */
export function watch(jobId, hear, end = () => {}) {
  const state = { jobId, hear, end: null, stopped: false, socket: null, heardAt: 0 };
  listen(state);
  const stopDoubting = repeat(() => doubt(state), SILENT_MS);
  const stop = () => {
    state.stopped = true;
    stopDoubting();
    state.socket?.close();
  };
  state.end = () => {
    stop();
    end();
  };
  return stop;
}

/** Ask for a job of which nothing has been heard for long: after some failures, Firefox takes a minute to connect. */
async function doubt(state) {
  const isSilent = state.socket.readyState <= WebSocket.OPEN && performance.now() - state.heardAt > SILENT_MS;
  if (!state.stopped && isSilent) await ask(state);
}

function listen(state) {
  if (state.stopped) return;
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  let [over, heard] = [false, false];
  state.heardAt = performance.now();
  state.socket = new WebSocket(`${scheme}://${location.host}${jobPath(state.jobId)}/events`);
  state.socket.onmessage = ({ data }) => {
    if (state.stopped) return;
    const job = JSON.parse(data);
    heard = true;
    over = isOver(job);
    state.heardAt = performance.now();
    connection.tell({ up: true });
    state.hear(job);
    if (over) state.end();
  };
  state.socket.onclose = async () => {
    if (state.stopped || over) return;
    // A connection that broke is made again; where none could be had, as behind some proxies, the job is asked for.
    if (!heard && (await ask(state))) return;
    setTimeout(() => listen(state), heard ? AGAIN_MS : POLL_MS);
  };
}

/** Ask for the job once; tells whether that was the last time. */
async function ask(state) {
  try {
    const job = await get(`${jobPath(state.jobId)}?limit=0`);
    if (state.stopped) return true;
    state.hear(job);
    if (!isOver(job)) return false;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (!REFUSED.has(error.status)) return false;
  }
  state.end();
  return true;
}
