// Where a file's result and what was sent lie, and how they come into a picture or a player.

/** Where the result of a file is downloaded from. */
export function resultPath(job, file) {
  return `/results/${job.task_type}/${encodeURIComponent(file.saved_file.split("/").at(-1))}`;
}

/** Let an element show what was sent when it has come, while the rest is shown; `fail` where it can't be shown. */
export function showInput(element, input, fail) {
  element.addEventListener("error", fail);
  input().then((url) => { element.src = url; }, fail);
}
