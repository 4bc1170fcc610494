"""Runs a campaign: ``make power-cuts``, with CUTS losses of power from the seed SEED on.

With DURABILITY=process it must fail.
"""

import os
import sys
import tempfile
from pathlib import Path

from scripts.local_cluster import end_on_signals
from tests.power_cuts.campaign import Cut, running_campaign
from tests.power_cuts.power import why_not_possible


def main() -> int:
    """Cut the power as often as CUTS says; returns the exit code."""
    if reason := why_not_possible():
        print(f"Power can't be cut here: {reason}.")
        return 0
    cuts, first = int(os.environ.get("CUTS") or 200), int(os.environ.get("SEED") or 1)
    done: list[Cut] = []
    with tempfile.TemporaryDirectory() as name:
        try:
            durability = os.environ.get("DURABILITY") or "full"
            with running_campaign(Path(name) / "cuts", first, durability) as campaign:
                for seed in range(first, first + cuts):
                    done.append(campaign.run(seed))
                    _print(done[-1])
        except KeyboardInterrupt:
            print("Stopped.")
    failed = [cut.seed for cut in done if cut.violations]
    seconds = sum(cut.seconds for cut in done)
    answers = sum(cut.answers for cut in done)
    print(
        f"\n{len(done)} cuts in {seconds:.0f} s, {answers} answers, {len(failed)} failed: {failed}"
    )
    return 1 if failed or len(done) < cuts else 0


def _print(cut: Cut) -> None:
    print(
        f"seed {cut.seed}: {cut.answers} answers, {'; '.join(cut.happened)}; told of {cut.jobs} "
        f"jobs, {cut.files} files, {cut.ended_files} results and failures; {cut.seconds:.1f} s: "
        f"{'FAILED' if cut.violations else 'passed'}"
    )
    for violation in cut.violations[:10]:
        print(f"    {violation[:300].strip()}")
    sys.stdout.flush()


if __name__ == "__main__":
    end_on_signals()
    sys.exit(main())
