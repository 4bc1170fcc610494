"""Runs a long campaign: ``make fuzz``, with FUZZ_RUNS seeds (5) from FUZZ_SEED (1) on.

Each asks every call of the master FUZZ_EXAMPLES times (300): as anybody where there is no token,
as a friend where there is one, and as a stranger.
"""

import os
import sys
import time

from scripts.local_cluster import PROJECT
from tests.fuzz.campaign import fuzzed_cluster, run

_FOLDER = PROJECT / ".spool" / "fuzz"
_CALLERS = {"anybody": (False, True), "friend": (True, True), "stranger": (True, False)}
"""Whether there is a token, and whether it is known."""


def main() -> int:
    """Run what the environment asks for; returns the exit code."""
    runs, first, examples = (
        int(os.environ.get(name, default))
        for name, default in (("FUZZ_RUNS", "5"), ("FUZZ_SEED", "1"), ("FUZZ_EXAMPLES", "300"))
    )
    folder = _FOLDER / time.strftime("%Y-%m-%d %H.%M.%S")
    bad = 0
    for seed in range(first, first + runs):
        for caller, (token, known) in _CALLERS.items():
            began = time.monotonic()
            place = folder / f"{seed} {caller}"
            with fuzzed_cluster(place, token=token) as cluster:
                found = run(cluster, seed, examples, known=known)
            is_well = found.is_well and not found.faults
            bad += not is_well
            last = found.report.strip().splitlines()[-1].strip("= ")
            print(f"seed {seed}, {caller}: {last} ({time.monotonic() - began:.0f} s in all)")
            if not is_well:
                print(found.report, *found.faults, sep="\n")
            sys.stdout.flush()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
