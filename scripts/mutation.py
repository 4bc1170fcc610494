"""Runs mutation testing of the modules that decide, and prints how many mutants the tests kill.

``python -m scripts.mutation`` begins anew. With patterns of names as arguments, it tests these
mutants again and keeps the other results. ``MUTATION_PROCESSES`` mutants are tested at a time (1).
The exit code is 1 if fewer than ``LEAST_KILLED`` of all mutants are killed.
"""

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

from mutmut.mutation.data import SourceFileMutationData
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import walk_mutatable_files

PROJECT = Path(__file__).resolve().parents[1]
LEAST_KILLED = 0.9
KILLED = ("killed", "timeout")
"""A mutant that makes a test run for ever is noticed like one that makes it fail."""
NOT_CHECKED = "not checked"


def main() -> None:
    """Test the mutants and print the table."""
    os.chdir(PROJECT)
    patterns = sys.argv[1:]
    if not patterns:
        shutil.rmtree("mutants", ignore_errors=True)
    processes = os.environ.get("MUTATION_PROCESSES", "1")
    command = Path(sys.executable).parent / "mutmut"
    ran = subprocess.run([command, "run", "--max-children", processes, *patterns], check=False)
    if ran.returncode:
        sys.exit(ran.returncode)
    modules = {str(path): _statuses(path) for path in sorted(walk_mutatable_files())}
    if patterns:
        modules = {module: _without(NOT_CHECKED, found) for module, found in modules.items()}
    if _print_table(modules) < LEAST_KILLED:
        sys.exit(f"Fewer than {LEAST_KILLED:.0%} of the mutants are killed: see docs/testing.md.")


def _statuses(path: Path) -> dict[str, str]:
    """Return the status of each mutant of a file, by the mutant's name."""
    data = SourceFileMutationData(path=path)
    data.load()
    return {name: status_by_exit_code[code] for name, code in data.exit_code_by_key.items()}


def _without(unwanted: str, statuses: dict[str, str]) -> dict[str, str]:
    return {name: status for name, status in statuses.items() if status != unwanted}


def _print_table(modules: dict[str, dict[str, str]]) -> float:
    """Print the mutants that are not killed, and the counts; return the killed part of all."""
    for statuses in modules.values():
        for name, status in statuses.items():
            if status not in KILLED:
                print(f"{status}: {name}")
    counts = {module: Counter(statuses.values()) for module, statuses in modules.items()}
    counts["all"] = sum(counts.values(), Counter())
    print(f"\n{'module':42}{'killed':>8}{'survived':>10}{'total':>8}")
    share = 0.0
    for module, count in counts.items():
        if total := count.total():
            killed = sum(count[status] for status in KILLED)
            share = killed / total
            print(f"{module:42}{killed:8}{total - killed:10}{total:8}{share:8.1%}")
    return share


if __name__ == "__main__":
    main()
