"""Runs a campaign: ``make chaos``, with CHAOS_RUNS schedules from the seed CHAOS_SEED on."""

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence

from scripts.local_cluster import PROJECT, end_on_signals
from tests.chaos.campaign import Campaign
from tests.chaos.play import Verdict
from tests.chaos.stage import why_impossible

_FOLDER = PROJECT / ".spool" / "chaos"


def main() -> int:
    """Run the campaign that the environment asks for; returns the exit code."""
    if reason := why_impossible():
        print(f"No chaos here: {reason}.")
        return 0
    runs, first = int(os.environ.get("CHAOS_RUNS", "20")), int(os.environ.get("CHAOS_SEED", "1"))
    folder = _FOLDER / time.strftime("%Y-%m-%d %H.%M.%S")
    campaign = Campaign(folder)
    verdicts = []
    try:
        for seed in range(first, first + runs):
            verdicts.append(campaign.run(seed))
            _tell(verdicts[-1], campaign)
    except KeyboardInterrupt:
        print("Stopped.")
    finally:
        campaign.stop()
        if folder.exists() and not any(folder.iterdir()):
            folder.rmdir()
    _sum_up(verdicts)
    return 1 if len(verdicts) < runs or any(verdict.complaints for verdict in verdicts) else 0


def _tell(verdict: Verdict, campaign: Campaign) -> None:
    plan, states = verdict.schedule, verdict.states
    happened = ", ".join(_words(verdict)) or "nothing"
    ends = ", ".join(f"{states[state]} {state}" for state in ("done", "failed", "cancelled"))
    print(
        f"seed {plan.seed}: {len(plan.jobs)} jobs, {plan.total_files} files: {ends} "
        f"({verdict.moved} handed over again); {happened}; {verdict.seconds:.1f} s: "
        f"{'FAILED' if verdict.complaints else 'well'}"
    )
    for complaint in verdict.complaints:
        print(f"    {complaint[:400]}")
    if verdict.complaints:
        print(f"    Logs: {campaign.kept(plan.seed)}")
        print(f"    Again: make chaos CHAOS_SEED={plan.seed} CHAOS_RUNS=1")
    sys.stdout.flush()


def _words(verdict: Verdict) -> Iterator[str]:
    left = Counter(verdict.troubles)
    for trouble in verdict.schedule.troubles:
        possible = left[trouble.kind] > 0
        left[trouble.kind] -= 1
        yield f"{trouble.actor} {trouble.what}" + ("" if possible else " (not possible here)")


def _sum_up(verdicts: Sequence[Verdict]) -> None:
    states: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    troubles: Counter[str] = Counter()
    for verdict in verdicts:
        states += verdict.states
        codes += verdict.codes
        troubles += verdict.troubles
    failed = [verdict.schedule.seed for verdict in verdicts if verdict.complaints]
    seconds = sum(verdict.seconds for verdict in verdicts)
    jobs = sum(len(verdict.schedule.jobs) for verdict in verdicts)
    print(f"\n{len(verdicts)} runs in {seconds:.0f} s, {len(failed)} failed")
    moved = sum(verdict.moved for verdict in verdicts)
    print(f"{jobs} jobs, {states.total()} files: {_list(states)}; {moved} handed over again")
    print(f"failed as: {_list(codes)}")
    print(f"{troubles.total()} troubles: {_list(troubles)}")
    if failed:
        print(f"failed seeds: {failed}")


def _list(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in counts.most_common()) or "none"


if __name__ == "__main__":
    end_on_signals()
    sys.exit(main())
