// Records unfinished uploads in localStorage, so that a reloaded page can resume them.

const PREFIX = "upload-record:";

/** A Map by job id of { type, totalFiles, isFolder, fingerprints }; empty without storage. */
export function uploadRecords() {
  try {
    const entries = Object.entries(localStorage).filter(([key]) => key.startsWith(PREFIX));
    return new Map(entries.map(([key, json]) => [key.slice(PREFIX.length), JSON.parse(json)]));
  } catch {
    return new Map();
  }
}

export function saveRecord(jobId, record) {
  try {
    localStorage.setItem(PREFIX + jobId, JSON.stringify(record));
  } catch {
    // Storage is full or disabled: the upload can't be resumed.
  }
}

export function deleteRecord(jobId) {
  try {
    localStorage.removeItem(PREFIX + jobId);
  } catch {
    // Storage is disabled: there is no record.
  }
}
