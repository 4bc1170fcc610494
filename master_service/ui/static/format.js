// Formats numbers, sizes, times and states as text.

/** "2,000". */
export const number = (value) => value.toLocaleString("en");

/** "1 file", "2,000 files". */
export const count = (value, singular, plural = `${singular}s`) => `${number(value)} ${value === 1 ? singular : plural}`;

/** "12 of 2,000". */
export const outOf = (part, total) => `${number(part)} of ${number(total)}`;

/** "1 byte", "12.5 kB": the largest unit in which the number is at least 1. */
export function bytes(size) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  const text = size.toLocaleString("en", { maximumFractionDigits: unit && size < 100 ? 1 : 0 });
  return text === "1" && !unit ? "1 byte" : `${text} ${units[unit]}`;
}

/** "12 s", "3 min", "1.5 h"; at least "1 s". */
export function duration(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** "12 files/s"; below 1 file/s, "30 files/min". */
export function rate(perSecond) {
  const [value, unit] = perSecond >= 1 ? [perSecond, "s"] : [perSecond * 60, "min"];
  const text = value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 1 : 0 });
  return `${text} ${text === "1" ? "file" : "files"}/${unit}`;
}

/** The local time of an ISO date, with the date unless it is today. */
export function time(iso) {
  const date = new Date(iso);
  const isToday = date.toDateString() === new Date().toDateString();
  return date.toLocaleString("en-GB", isToday ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
}

/** "2 slaves ready, 8 workers, 1 missing"; the workers are those of ready slaves. */
export function slavesByState(slaves) {
  const ready = slaves.filter((slave) => slave.state === "ready");
  const others = [...new Set(slaves.map((slave) => slave.state))].filter((state) => state !== "ready")
    .map((state) => `${slaves.filter((slave) => slave.state === state).length.toLocaleString("en")} ${state}`);
  const workers = ready.reduce((sum, slave) => sum + slave.workers, 0);
  return [ready.length ? `${count(ready.length, "slave")} ready, ${count(workers, "worker")}` : "No slave is ready", ...others].join(", ");
}

/** A job's state, with rate and time left while it runs. */
export function jobState(job) {
  const failed = job.failed_files ? `, ${number(job.failed_files)} failed` : "";
  if (job.state === "open") return "Upload not complete";
  if (job.waiting_for) return `Waiting${failed}`;
  if (job.state === "queued") return "Queued";
  if (job.state === "cancelled") return `Cancelled after ${count(job.done_files, "file")}${failed}`;
  if (job.state === "done") return `Finished${failed}`;
  const speed = job.files_per_second ? `, ${rate(job.files_per_second)}` : "";
  const left = job.seconds_left ? `, ${duration(job.seconds_left)} left` : "";
  return `Running${speed}${left}${failed}`;
}
