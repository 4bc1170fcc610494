// Measures the throughput of the last ten seconds.

const WINDOW_MS = 10_000;
const MIN_INTERVAL_MS = 250;

/** Times are those of `performance.now()`, amounts are totals since the start. */
export class Throughput {
  #samples = [];

  // Add a sample; a smaller amount, or a pause longer than the window, starts anew.
  add(atMs, amount) {
    const last = this.#samples.at(-1);
    if (last && (amount < last.amount || atMs - last.atMs > WINDOW_MS)) this.#samples = [];
    if (!this.#samples.length || atMs - last.atMs >= MIN_INTERVAL_MS) this.#samples.push({ atMs, amount });
    while (this.#samples.length > 1 && atMs - this.#samples[1].atMs > WINDOW_MS) this.#samples.shift();
  }

  // Amount per second; 0 until it is known.
  perSecond(atMs, amount) {
    const [first] = this.#samples;
    return first && atMs - first.atMs >= MIN_INTERVAL_MS ? (amount - first.amount) / ((atMs - first.atMs) / 1000) : 0;
  }
}
