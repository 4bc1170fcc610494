"""Runs a campaign: ``make chaos``, with CHAOS_RUNS schedules from the seed CHAOS_SEED on."""

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence

from scripts.local_cluster import PROJECT, end_on_signals
from tests.chaos.campaign import Campaign
from tests.chaos.cluster import why_not_possible
from tests.chaos.run_schedule import Verdict

_FOLDER = PROJECT / ".spool" / "chaos"


def main() -> int:
    """Run as many schedules as CHAOS_RUNS says; returns the exit code."""
    if reason := why_not_possible():
        print(f"Chaos tests are not possible here: {reason}.")
        return 0
    runs, first = int(os.environ.get("CHAOS_RUNS", "20")), int(os.environ.get("CHAOS_SEED", "1"))
    folder = _FOLDER / time.strftime("%Y-%m-%d %H.%M.%S")
    campaign = Campaign(folder)
    verdicts = []
    try:
        for seed in range(first, first + runs):
            verdicts.append(campaign.run(seed))
            _print_verdict(verdicts[-1], campaign)
    except KeyboardInterrupt:
        print("Stopped.")
    finally:
        campaign.stop()
        if folder.exists() and not any(folder.iterdir()):
            folder.rmdir()
    _print_summary(verdicts)
    return 1 if len(verdicts) < runs or any(verdict.violations for verdict in verdicts) else 0


def _print_verdict(verdict: Verdict, campaign: Campaign) -> None:
    plan, states = verdict.schedule, verdict.states
    happened = ", ".join(_described_faults(verdict)) or "nothing"
    ends = ", ".join(f"{states[state]} {state}" for state in ("done", "failed", "cancelled"))
    print(
        f"seed {plan.seed}: {len(plan.jobs)} jobs, {plan.total_files} files: {ends} "
        f"({verdict.requeued_files} handed over again); {happened}; {verdict.seconds:.1f} s: "
        f"{'FAILED' if verdict.violations else 'passed'}"
    )
    for violation in verdict.violations:
        print(f"    {violation[:400]}")
    if verdict.violations:
        print(f"    Logs: {campaign.kept(plan.seed)}")
        print(f"    Repeat: make chaos CHAOS_SEED={plan.seed} CHAOS_RUNS=1")
    sys.stdout.flush()


def _described_faults(verdict: Verdict) -> Iterator[str]:
    left = Counter(verdict.faults)
    for fault in verdict.schedule.faults:
        possible = left[fault.kind] > 0
        left[fault.kind] -= 1
        yield f"{fault.target} {fault.what}" + ("" if possible else " (not possible here)")


def _print_summary(verdicts: Sequence[Verdict]) -> None:
    states: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    for verdict in verdicts:
        states += verdict.states
        codes += verdict.codes
        faults += verdict.faults
    failed = [verdict.schedule.seed for verdict in verdicts if verdict.violations]
    seconds = sum(verdict.seconds for verdict in verdicts)
    jobs = sum(len(verdict.schedule.jobs) for verdict in verdicts)
    print(f"\n{len(verdicts)} runs in {seconds:.0f} s, {len(failed)} failed")
    requeued_files = sum(verdict.requeued_files for verdict in verdicts)
    print(
        f"{jobs} jobs, {states.total()} files: {_list(states)}; {requeued_files} handed over again"
    )
    print(f"failed as: {_list(codes)}")
    print(f"{faults.total()} faults: {_list(faults)}")
    if failed:
        print(f"failed seeds: {failed}")


def _list(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in counts.most_common()) or "none"


if __name__ == "__main__":
    end_on_signals()
    sys.exit(main())
