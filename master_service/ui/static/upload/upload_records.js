// The uploads that this browser has not brought to their end: past a reload, and in its other tabs.

const PREFIX = "upload:";
/** How long the other tabs have to say what is theirs. */
const ANSWER_MS = 500;
const tabs = channel();

/** Where a browser keeps nothing for us, the tabs may not speak with each other either. */
function channel() {
  try {
    return new BroadcastChannel("uploads");
  } catch {
    return Object.assign(new EventTarget(), { postMessage() {} });
  }
}

/** Each upload by the id of its job; none where the browser keeps nothing for us. */
export function remembered() {
  try {
    const entries = Object.entries(localStorage).filter(([key]) => key.startsWith(PREFIX));
    return new Map(entries.map(([key, text]) => [key.slice(PREFIX.length), JSON.parse(text)]));
  } catch {
    return new Map();
  }
}

/** Remember an upload; where there is no room for that, it can't be gone on with after a reload. */
export function remember(jobId, what) {
  try {
    localStorage.setItem(PREFIX + jobId, JSON.stringify(what));
  } catch {
    // It is sent all the same.
  }
}

/** Forget one that has come to its end. */
export function forget(jobId) {
  try {
    localStorage.removeItem(PREFIX + jobId);
  } catch {
    // Then it was never there.
  }
}

/** Answer the other tabs when they ask; `mine` returns the jobs that this one cares for. */
export function answerOthers(mine) {
  tabs.addEventListener("message", ({ data }) => {
    if (data.asked) tabs.postMessage({ mine: mine() });
  });
}

/** Ask the other tabs which jobs they care for. */
export async function caredForByOthers() {
  const found = new Set();
  const hear = ({ data }) => (data.mine ?? []).forEach((jobId) => found.add(jobId));
  tabs.addEventListener("message", hear);
  tabs.postMessage({ asked: true });
  await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
  tabs.removeEventListener("message", hear);
  return found;
}
