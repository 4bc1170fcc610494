// Offers to resume or discard an interrupted upload.

import { button } from "../components/controls.js";
import { h } from "../components/elements.js";
import { acceptDrops, filePickers } from "../components/file_picker.js";
import { count, number } from "../format.js";
import { discard, resume, startJob } from "../upload/interrupted_uploads.js";

/** A card for a result of `findInterrupted`; `onHandled` is called after it is resumed or discarded. */
export function interruptedCard(upload, types, onHandled) {
  const type = types.find(({ name }) => name === upload.type);
  const isComplete = upload.receivedFiles === upload.totalFiles;
  const error = h("p", { class: "error", role: "alert" });
  const onFiles = async (promisedFiles) => {
    const files = (await promisedFiles).filter(({ file }) => file);
    error.textContent = "";
    files.forEach((item) => { item.size = item.file.size; });
    try {
      await resume(upload, type, files);
      await onHandled();
    } catch (reason) {
      error.textContent = reason.message;
    }
  };
  const [chooseFiles, chooseFolder, inputs] = filePickers(onFiles);
  return acceptDrops(h("section", { class: "card live-data", "aria-label": "Interrupted upload" },
    h("h3", {}, "Interrupted upload"),
    h("p", {}, `Received ${number(upload.receivedFiles)} of ${count(upload.totalFiles, "file")} for ${upload.type}. ${isComplete ? "Start the job to process them." : "Choose or drop the same files again: only the missing ones are sent."}`),
    error,
    h("div", { class: "actions" }, isComplete ? button("Start job", () => startJob(upload, type).then(onHandled), "primary") : upload.isFolder ? [chooseFolder, chooseFiles] : [chooseFiles, chooseFolder],
      button("Discard", () => discard(upload.jobId).then(onHandled))), inputs), onFiles);
}
