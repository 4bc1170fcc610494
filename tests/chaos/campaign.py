"""Runs one schedule after the other on one cluster, and keeps the logs of those that fail."""

import shutil
from pathlib import Path

from tests.chaos.baseline import Baseline
from tests.chaos.cluster import ChaosCluster
from tests.chaos.contents import Contents
from tests.chaos.run_schedule import Verdict, run_schedule
from tests.chaos.schedule import schedule


class Campaign:
    """One cluster, which is replaced after each failed run; the logs of that one are kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._contents = Contents()
        self._baseline = Baseline()
        self._clusters = 0
        self._cluster: ChaosCluster | None = None

    def run(self, seed: int) -> Verdict:
        """Run the schedule of a seed; an exception is a violation, and the campaign goes on."""
        plan = schedule(seed)
        try:
            verdict = run_schedule(plan, self._ready(), self._contents, self._baseline)
        except Exception as error:  # noqa: BLE001 (border of a run: the next one has a new cluster)
            verdict = Verdict(plan, violations=[f"{type(error).__name__}: {error}"])
        if verdict.violations:
            self._keep(verdict)
        return verdict

    def kept(self, seed: int) -> Path:
        """Return the folder of the logs of a seed whose run has failed."""
        return self._folder / f"failed-{seed}"

    def stop(self) -> None:
        """Stop the cluster, and delete its files."""
        if self._cluster is not None:
            folder = self._cluster.folder
            self._cluster.stop()
            self._cluster = None
            shutil.rmtree(folder, ignore_errors=True)

    def _ready(self) -> ChaosCluster:
        if self._cluster is None:
            self._clusters += 1
            self._cluster = ChaosCluster(self._folder / f"cluster-{self._clusters}")
            self._cluster.start()
        return self._cluster

    def _keep(self, verdict: Verdict) -> None:
        """Copy the logs of the cluster, with the schedule and the violations."""
        kept = self.kept(verdict.schedule.seed)
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        (kept / "schedule.json").write_text(verdict.schedule.as_json(), encoding="utf-8")
        (kept / "violations.txt").write_text("\n\n".join(verdict.violations), encoding="utf-8")
        (kept / "ledgers.txt").write_text("\n".join(map(str, verdict.ledgers)), encoding="utf-8")
        if self._cluster is not None:
            shutil.copytree(self._cluster.logs, kept / "logs")
        self.stop()
