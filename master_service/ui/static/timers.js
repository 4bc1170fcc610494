// Repeats, throttles, delays and times out asynchronous work.

const RETRY_MS = 5000;

/** Call an async function now, and `delayMs` after each end; ignores failures. Returns a function that stops it. */
export function repeat(act, delayMs = RETRY_MS) {
  let [stopped, timer] = [false, null];
  async function run() {
    await act().catch(() => {}); // app.js shows when the master can't be reached
    if (!stopped) timer = setTimeout(run, delayMs);
  }
  run();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/**
 * `schedule` calls an async function now, or `intervalMs` after the last call has ended; `runNow` does not
 * wait for the interval. After a failure it is called again.
 */
export function throttled(act, intervalMs) {
  let [scheduled, running, urgent, stopped, timer] = [false, false, false, false, null];
  async function run() {
    [scheduled, running, urgent] = [false, true, false];
    let delayMs = intervalMs;
    try {
      await act();
    } catch {
      [scheduled, delayMs] = [true, RETRY_MS];
    }
    running = false;
    if (stopped) return;
    timer = setTimeout(() => {
      timer = null;
      if (scheduled) run();
    }, urgent ? 0 : delayMs);
  }
  function schedule() {
    scheduled = true;
    if (!running && !timer && !stopped) run();
  }
  function runNow() {
    urgent = true;
    clearTimeout(timer);
    timer = null;
    schedule();
  }
  function stop() {
    stopped = true;
    clearTimeout(timer);
  }
  return { schedule, runNow, stop };
}

/** Wait for `ms` or until the signal aborts; never rejects. */
export function sleep(ms, signal) {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}

/** Call `onTimeout` once `reset` has not been called for `ms`, unless `clear` was called. */
export function idleTimeout(ms, onTimeout) {
  let timer = setTimeout(onTimeout, ms);
  const clear = () => clearTimeout(timer);
  const reset = () => {
    clear();
    timer = setTimeout(onTimeout, ms);
  };
  return { reset, clear };
}
