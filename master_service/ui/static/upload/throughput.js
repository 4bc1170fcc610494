// Measures how fast something grows of late. Pure.

const WINDOW_MS = 10_000;
const GRAIN_MS = 250;

/** The growth in a second over the last ten; times are those of `performance.now()`. */
export class Speed {
  #samples = [];

  /** Note how much there is; less than before begins anew. */
  note(at, amount) {
    const last = this.#samples.at(-1);
    // After a pause, too, it begins anew.
    if (last && (amount < last.amount || at - last.at > WINDOW_MS)) this.#samples = [];
    if (!this.#samples.length || at - last.at >= GRAIN_MS) this.#samples.push({ at, amount });
    while (this.#samples.length > 1 && at - this.#samples[1].at > WINDOW_MS) this.#samples.shift();
  }

  /** How fast it grows; 0 as long as that is not known. */
  of(at, amount) {
    const [first] = this.#samples;
    return first && at - first.at >= GRAIN_MS ? (amount - first.amount) / ((at - first.at) / 1000) : 0;
  }
}
