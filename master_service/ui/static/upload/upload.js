// Holds the state of one upload.

import { totalSize } from "./batches.js";
import { Throughput } from "./throughput.js";

/**
 * `state`: waiting, sending, sent, failed, cancelling or cancelled; `problem`: why it failed or waits; `job`:
 * the last known state of a sent job; `unreadable`: files that were skipped; `options`: values by name. With a `jobId`, that job is resumed.
 */
export class Upload {
  constructor(type, files, jobId, onChange) {
    Object.assign(this, { type, jobId, onChange, state: "waiting", problem: "", job: null, unreadable: [], options: {}, sentBytes: 0, ended: null });
    this.setFiles(files);
    this.abortController = new AbortController();
    this.throughput = new Throughput();
  }

  setFiles(files) {
    Object.assign(this, { files, totalFiles: files.length, totalBytes: totalSize(files) });
  }

  // Recent throughput; 0 while it waits.
  get bytesPerSecond() {
    return this.problem ? 0 : this.throughput.perSecond(performance.now(), this.sentBytes);
  }

  update(changes) {
    Object.assign(this, changes);
    if (this.state === "sending") this.throughput.add(performance.now(), this.sentBytes);
    this.onChange();
  }
}
