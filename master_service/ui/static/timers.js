// Does things again and again, never two at a time, and waits no longer than it should.

const AGAIN_MS = 5000;

/** Do something at once and then again, some time after each end; what goes wrong ends nothing. Returns what stops it. */
export function repeat(act, restMs = AGAIN_MS) {
  let [stopped, timer] = [false, null];
  async function go() {
    await act().catch(() => {}); // the master's absence is told above the view
    if (!stopped) timer = setTimeout(go, restMs);
  }
  go();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/**
 * Do something soon after each call of `soon`, but with a rest in between, and again where it went wrong.
 * `now` leaves out the rest.
 */
export function paced(act, restMs) {
  let [wanted, acting, hurried, stopped, timer] = [false, false, false, false, null];
  async function go() {
    [wanted, acting, hurried] = [false, true, false];
    let rest = restMs;
    try {
      await act();
    } catch {
      [wanted, rest] = [true, AGAIN_MS];
    }
    acting = false;
    if (stopped) return;
    timer = setTimeout(() => {
      timer = null;
      if (wanted) go();
    }, hurried ? 0 : rest);
  }
  function soon() {
    wanted = true;
    if (!acting && !timer && !stopped) go();
  }
  function now() {
    hurried = true;
    clearTimeout(timer);
    timer = null;
    soon();
  }
  function stop() {
    stopped = true;
    clearTimeout(timer);
  }
  return { soon, now, stop };
}

/** Wait, but no longer than until the signal. */
export function sleep(ms, signal) {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal.addEventListener("abort", wake);
  });
}

/** Call `giveUp` when `more` has not been called for so long; `end` calls that off. */
export function patience(ms, giveUp) {
  let timer = setTimeout(giveUp, ms);
  const end = () => clearTimeout(timer);
  const more = () => {
    end();
    timer = setTimeout(giveUp, ms);
  };
  return { more, end };
}
