// Asks the page's other tabs which uploads are theirs.

const RESPONSE_MS = 500;
const channel = openChannel();

// With storage disabled, browsers disable BroadcastChannel too.
function openChannel() {
  try {
    return new BroadcastChannel("uploads");
  } catch {
    return Object.assign(new EventTarget(), { postMessage() {} });
  }
}

export function answerOtherTabs(getJobIds) {
  channel.addEventListener("message", ({ data }) => {
    if (data.query) channel.postMessage({ jobIds: getJobIds() });
  });
}

/** Returns a Set of job ids. */
export async function jobsOfOtherTabs() {
  const found = new Set();
  const collect = ({ data }) => (data.jobIds ?? []).forEach((jobId) => found.add(jobId));
  channel.addEventListener("message", collect);
  channel.postMessage({ query: true });
  await new Promise((resolve) => setTimeout(resolve, RESPONSE_MS));
  channel.removeEventListener("message", collect);
  return found;
}
