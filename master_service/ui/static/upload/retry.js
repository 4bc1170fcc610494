// Retries the requests of an upload after temporary errors.

import { cancelledError } from "../api/client.js";
import { connection } from "../api/connection.js";
import { sleep } from "../timers.js";

const RETRY_MS = 2000;
const MAX_RETRY_MS = 30_000;
// Statuses of temporary errors; 0: no response.
const RETRYABLE = new Set([0, 401, 502, 503, 504, 507]);

/** Call `attempt` until it succeeds, with backoff or after Retry-After; rethrows permanent errors. */
export async function retry(upload, attempt) {
  const { signal } = upload.abortController;
  for (let delayMs = RETRY_MS; ; delayMs = Math.min(2 * delayMs, MAX_RETRY_MS)) {
    if (signal.aborted) throw cancelledError();
    try {
      const result = await attempt();
      if (upload.problem) upload.update({ problem: "" });
      return result;
    } catch (error) {
      if (!RETRYABLE.has(error.status)) throw error;
      // No backoff without a connection: a retry puts no load on the master.
      const pauseMs = connection.reachable ? Math.max(delayMs, 1000 * error.retryAfterS) : RETRY_MS;
      upload.update({ problem: `${error.message} Retrying in ${Math.round(pauseMs / 1000)} s.` });
      await sleepUntilConnected(pauseMs, signal);
    }
  }
}

// Sleep; wakes up early when the connection or the login is restored.
async function sleepUntilConnected(ms, signal) {
  const controller = new AbortController();
  const wake = () => controller.abort();
  connection.addEventListener("change", () => { if (connection.reachable && connection.loggedIn) wake(); }, { signal: controller.signal });
  signal.addEventListener("abort", wake, { signal: controller.signal });
  if (signal.aborted) wake();
  await sleep(ms, controller.signal);
  wake();
}
