// The uploads that this browser has not brought to their end: past a reload, and in its other tabs.

const PLACE = "uploads";
/** How long the other tabs have to say what is theirs. */
const ANSWER_MS = 500;
const tabs = new BroadcastChannel(PLACE);
/** Where the browser keeps nothing for us, or has no room left, they are known as long as this page. */
let here = {};

/** Each upload by the id of its job. */
export function remembered() {
  try {
    return JSON.parse(localStorage.getItem(PLACE)) ?? {};
  } catch {
    return here;
  }
}

/** Remember an upload. */
export function remember(jobId, what) {
  keep({ ...remembered(), [jobId]: what });
}

/** Forget one that has come to its end. */
export function forget(jobId) {
  const { [jobId]: _, ...others } = remembered();
  keep(others);
}

function keep(all) {
  here = all;
  try {
    localStorage.setItem(PLACE, JSON.stringify(all));
  } catch {
    // It was kept above.
  }
}

/** Answer the other tabs when they ask; `mine` returns the jobs that this one sends. */
export function answerOthers(mine) {
  tabs.addEventListener("message", ({ data }) => {
    if (data.asked) tabs.postMessage({ sending: mine() });
  });
}

/** Ask the other tabs which jobs they send. */
export async function sentByOthers() {
  const found = new Set();
  const hear = ({ data }) => (data.sending ?? []).forEach((jobId) => found.add(jobId));
  tabs.addEventListener("message", hear);
  tabs.postMessage({ asked: true });
  await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
  tabs.removeEventListener("message", hear);
  return found;
}
