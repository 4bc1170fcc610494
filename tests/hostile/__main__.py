"""Runs a campaign: ``make hostile``, with HOSTILE_FILES files of the seed HOSTILE_SEED.

With HOSTILE_FILE it sends that one file alone and shows its entry in the job.
"""

import os
import shutil
import sys
import time
from pathlib import Path

from scripts.local_cluster import PROJECT, StartError, end_on_signals
from tests.hostile import corpus
from tests.hostile.campaign import Campaign
from tests.hostile.cluster import running_cluster, why_not_possible
from tests.hostile.report import Report
from tests.hostile.sending import JobTimeout, send

_FOLDER = PROJECT / ".spool" / "hostile"


def main() -> int:
    """Run the campaign or send the one file; returns the exit code."""
    if reason := why_not_possible():
        print(f"The campaign is not possible here: {reason}.")
        return 0
    files = int(os.environ.get("HOSTILE_FILES") or "1000")
    seed = int(os.environ.get("HOSTILE_SEED") or "1")
    one = os.environ.get("HOSTILE_FILE")
    try:
        return _send_one(seed, int(one)) if one else _send_all(seed, files)
    except StartError as error:
        print(error)
        return 1
    except KeyboardInterrupt:
        print("Stopped.")
        return 1


def _send_one(seed: int, number: int) -> int:
    case = corpus.make(corpus.plan(seed, number))
    folder = _new_folder()
    folder.mkdir(parents=True)
    place = folder / f"{number}-{case.task_type}"
    place.write_bytes(case.data)
    print(f"File {number} of seed {seed}: {case.task_type}; {case.what}; {case.filename!r}")
    print(f"{len(case.data)} bytes, kept as {place}")
    with running_cluster(folder / "cluster") as cluster:
        try:
            done = send(cluster.url, [case])
        except JobTimeout as timeout:
            print(timeout)
            return 1
    for name, value in done.entries[0].items():
        print(f"  {name}: {value}")
    print(f"It ended after {done.seconds:.2f} s.")
    shutil.rmtree(folder / "cluster", ignore_errors=True)
    return 0


def _send_all(seed: int, files: int) -> int:
    folder = _new_folder()
    plans = [corpus.plan(seed, number) for number in range(files)]
    with running_cluster(folder / "cluster") as cluster:
        campaign = Campaign(cluster, seed)
        campaign.report.keep = folder / "violations"
        try:
            campaign.run(plans, _print_progress)
        except Exception as error:  # noqa: BLE001 (the report up to here is still printed)
            print(f"The campaign broke off: {type(error).__name__}: {error}")
        report = campaign.report
        print()
        for line in report.lines():
            print(line)
        sys.stdout.flush()
    _remove_files(folder, is_wanted=bool(report.violations))
    return 1 if report.violations or report.files < files else 0


def _remove_files(folder: Path, *, is_wanted: bool) -> None:
    """Remove everything but the logs and the files with violations."""
    if not is_wanted:
        shutil.rmtree(folder, ignore_errors=True)
        return
    for name in ("spool", "processed_results", "tmp"):
        shutil.rmtree(folder / "cluster" / name, ignore_errors=True)
    print(f"Logs and files: {folder}")


def _print_progress(report: Report) -> None:
    print(report.progress())
    sys.stdout.flush()


def _new_folder() -> Path:
    return _FOLDER / time.strftime("%Y-%m-%d %H.%M.%S")


if __name__ == "__main__":
    end_on_signals()
    sys.exit(main())
