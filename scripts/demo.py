"""Demonstrates the whole system: a master, two slaves, real files of all six types.

``make demo`` runs it. All processes are stopped at the end; the exit code is 0 only if all files of
every type that the slaves can do were processed.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    # Python adds only the script's own folder to the path, not the project's.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from protocol.http.sessions import new_session
from protocol.task_types import TASK_TYPES
from scripts import samples
from scripts.local_cluster import LocalCluster, StartError, end_on_signals, running

_WIDTHS = (10, 30, 38)


def main() -> int:
    """Run the demonstration; returns the exit code."""
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        files = samples.make(Path(folder) / "samples")
        print("Starting a master and two slaves …", flush=True)
        try:
            with running(Path(folder), slaves=2) as cluster:
                print(f"The master runs at {cluster.url}.\n")
                _print_row("TASK TYPE", "FILE", "RESULT", "SAVED AS")
                complete = [_show(cluster, name, files[name]) for name in TASK_TYPES]
        except StartError as error:
            print(error, file=sys.stderr)
            return 1
    print("\nAll stopped." + ("" if all(complete) else " Not all files were processed."))
    return 0 if all(complete) else 1


def _show(cluster: LocalCluster, task_type: str, files: list[Path]) -> bool:
    """Send the files of one type and print a row for each; returns whether none failed."""
    if reason := _why_not(cluster, task_type):
        _print_row(task_type, "", f"skipped: {reason}", "")
        return True
    task = TASK_TYPES[task_type]
    parts = [(task.form_field, (file.name, file.read_bytes())) for file in files]
    with new_session() as session:
        url = f"{cluster.url}/assign_task"
        answer = session.post(url, data={"task_type": task_type}, files=parts, timeout=300)
    summary = answer.json()
    if not answer.ok:
        _print_row(task_type, "", summary["error"], "")
        return False
    for file in summary["files"]:
        saved = Path(file["saved_file"])
        _print_row(task_type, files[file["index"]].name, _summary(task_type, saved), saved.name)
    for failure in summary["failed_files"]:
        _print_row(task_type, failure["filename"], f"{failure['code']}: {failure['error']}", "")
    slaves = ", ".join(f"{n} by {name}" for name, n in summary["statistics"]["slaves"].items())
    print(f"{'':10}  {summary['message']}: {slaves}\n")
    return not summary["failed_files"]


def _why_not(cluster: LocalCluster, task_type: str) -> str | None:
    slaves = cluster.present()
    if any(task_type in slave["task_types"] for slave in slaves):
        return None
    return "; ".join({slave["unavailable"].get(task_type, "unknown") for slave in slaves})


def _print_row(task_type: str, file: str, result_text: str, saved: str) -> None:
    file = file if len(file) <= _WIDTHS[1] else file[: _WIDTHS[1] - 1] + "…"
    cells = [
        f"{cell:{width}.{width}}" for cell, width in zip((task_type, file), _WIDTHS, strict=False)
    ]
    print("  ".join([*cells, f"{result_text:{_WIDTHS[2]}}", saved]).rstrip())


def _summary(task_type: str, saved: Path) -> str:
    """Return a summary of one result in a few words."""
    if saved.suffix == ".png":
        return f"a PNG of {saved.stat().st_size:,} bytes"
    result: dict[str, Any] = json.loads(saved.read_text(encoding="utf-8"))
    return _SUMMARIES[task_type].format_map(result).replace("\n", " ")


_SUMMARIES = {
    "text": "{word_count} words, sentiment {sentiment_score:+.2f}",
    "embedding": "{vector_size} terms, {non_zero_features} of them here",
    "ocr": "{word_count} words at {average_confidence:.0f} % confidence",
    "audio": "{duration_seconds:.2f} s, {channels} ch., RMS {rms_energy:.3f}",
    "document": "{document_type}, {word_count} words",
}


if __name__ == "__main__":
    end_on_signals()
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Stopped.")
