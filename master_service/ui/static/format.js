// Says numbers, times and the state of a job in the words of the page. Pure.

/** "1 file", "2,000 files". */
export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

/** "12 of 2,000". */
export const outOf = (some, all) => `${some.toLocaleString("en")} of ${all.toLocaleString("en")}`;

/** Bytes in the largest unit that leaves a number above one. */
export function bytes(size) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  const number = size.toLocaleString("en", { maximumFractionDigits: unit && size < 100 ? 1 : 0 });
  return number === "1" && !unit ? "1 byte" : `${number} ${units[unit]}`;
}

/** A duration as people say it. */
export function duration(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** Files a second, or a minute where that is a better number. */
export function rate(perSecond) {
  const [number, unit] = perSecond >= 1 ? [perSecond, "s"] : [perSecond * 60, "min"];
  const words = number.toLocaleString("en", { maximumFractionDigits: number < 10 ? 1 : 0 });
  return `${words} ${words === "1" ? "file" : "files"}/${unit}`;
}

/** The time of day of an ISO date, with the day where it is not today's. */
export function time(iso) {
  const date = new Date(iso);
  const today = date.toDateString() === new Date().toDateString();
  return date.toLocaleString("en-GB", today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
}

/** How many slaves are in which state, and the workers of those that are ready: "2 slaves ready, 8 workers, 1 missing". */
export function slavesByState(slaves) {
  const ready = slaves.filter((slave) => slave.state === "ready");
  const others = [...new Set(slaves.map((slave) => slave.state))].filter((state) => state !== "ready")
    .map((state) => `${slaves.filter((slave) => slave.state === state).length.toLocaleString("en")} ${state}`);
  const workers = ready.reduce((sum, slave) => sum + slave.workers, 0);
  return [ready.length ? `${count(ready.length, "slave")} ready, ${count(workers, "worker")}` : "No slave is ready", ...others].join(", ");
}

/** A job's state, with rate and time left while it is under way; what it waits for is said beside it. */
export function howItGoes(job) {
  const failed = job.failed_files ? `, ${job.failed_files.toLocaleString("en")} failed` : "";
  if (job.state === "open") return "Not sent whole yet";
  if (job.waiting_for) return `Waiting${failed}`;
  if (job.state === "queued") return "Waiting its turn";
  if (job.state === "cancelled") return `Cancelled after ${count(job.done_files, "file")}${failed}`;
  if (job.state === "done") return `Finished${failed}`;
  const speed = job.files_per_second ? `, ${rate(job.files_per_second)}` : "";
  const left = job.seconds_left ? `, ${duration(job.seconds_left)} left` : "";
  return `Under way${speed}${left}${failed}`;
}
