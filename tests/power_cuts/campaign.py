"""One cluster whose master loses power again and again; the slave stays on."""

import contextlib
import itertools
import random
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import requests

from scripts.local_cluster import PROJECT, LocalCluster, StartError
from tests.power_cuts.answers import Answers
from tests.power_cuts.disk import Disk, Survival
from tests.power_cuts.power import Power
from tests.power_cuts.verification import half_written, lost, wrong_ends
from tests.power_cuts.workload import CONTENTS, Workload
from tests.waiting import wait_until

_CUTS_PER_DISK = 5
"""After these, a new disk: checking all that was told on one takes longer and longer."""
_MAX_WORK_S = 1.5
_MAX_ANSWERS = 40
_CUT_AGAIN = 0.2
"""How often the power is cut a second time, while the master starts."""
_MAX_START_S = 1.2
_FINISH_LIMIT_S = 60


@dataclass(slots=True)
class Cut:
    """What one loss of power did."""

    seed: int
    happened: list[str] = field(default_factory=list)
    answers: int = 0
    jobs: int = 0
    files: int = 0
    ended_files: int = 0
    seconds: float = 0.0
    violations: list[str] = field(default_factory=list)


class Campaign:
    """A master on a disk that loses power, and a slave."""

    def __init__(self, folder: Path, seed: int, durability: str = "full") -> None:
        self._durability = durability
        self._folder = folder
        folder.mkdir(parents=True)
        self._power = Power(folder, random.Random(seed))  # noqa: S311 (repeatable)
        self._disk: Disk | None = None
        self._answers = Answers()
        self._numbers = itertools.count(1)
        self._expected: dict[bytes, str] = {}
        disk = folder / "disk"
        self.cluster = LocalCluster(
            folder,
            {
                "SPOOL_DIR": str(disk / "spool"),
                "RESULTS_DIR": str(disk / "results"),
                "HEARTBEAT_INTERVAL": "0.2",
                "SLAVE_WORKERS": "1",
                "MAX_WAITING_JOBS": "100000",
            },
        )

    def start(self) -> None:
        """Start master and slave, and learn the results of all contents."""
        self._new_disk()
        self._start_master()
        self.cluster.start_slaves(1)
        files = [("texts", (f"known {n}.txt", data)) for n, data in enumerate(CONTENTS)]
        url = self.cluster.url
        data = {"task_type": "text"}
        told = requests.post(
            f"{url}/assign_task", timeout=_FINISH_LIMIT_S, files=files, data=data
        ).json()
        ledger = requests.get(f"{url}/jobs/{told['job_id']}", timeout=_FINISH_LIMIT_S).json()
        self._expected = {
            content: file["result_sha256"]
            for content, file in zip(CONTENTS, ledger["files"], strict=True)
        }

    def stop(self) -> None:
        """Stop everything."""
        self._power.turn_off()
        self._kill_master()
        self.cluster.stop()
        self._power.close()
        if self._disk is not None:
            self._disk.close()

    def run(self, seed: int) -> Cut:
        """Let clients work, cut the power, start the master again, and compare."""
        begin, chance = time.monotonic(), random.Random(seed)  # noqa: S311 (repeatable)
        cut = Cut(seed)
        wait_until(self.cluster.present, _FINISH_LIMIT_S)
        told = self._answers.count
        workload = Workload(self.cluster.url, self._answers, seed)
        self._wait_for_moment(cut, chance, told)
        self._cut(cut, chance)
        workload.stop()
        cut.answers = self._answers.count - told
        if chance.random() < _CUT_AGAIN:
            self._cut_at_start(cut, chance)
        self._start_master()
        cut.violations += self._check()
        self._count(cut)
        if cut.violations or next(self._numbers) % _CUTS_PER_DISK == 0:
            self.begin_anew(self._durability)
        cut.seconds = time.monotonic() - begin
        return cut

    def _wait_for_moment(self, cut: Cut, chance: random.Random, told: int) -> None:
        """Wait for a number of answers, or some time."""
        work_s, answers = chance.uniform(0.02, _MAX_WORK_S), chance.randint(1, _MAX_ANSWERS)
        if chance.random() < 0.6:
            cut.happened.append(f"cut after {answers} answers")
            with self._answers.came:
                self._answers.came.wait_for(lambda: self._answers.count >= told + answers, 5)
        else:
            cut.happened.append(f"cut after {work_s:.2f} s")
            time.sleep(work_s)

    def _cut(self, cut: Cut, chance: random.Random) -> None:
        self._power.turn_off()
        self._kill_master()
        if self._disk is not None:
            share = chance.choice((0.0, 0.0, 1.0, chance.random(), chance.random()))
            survival = Survival(share, chance.random() < 0.3, chance)
            cut.happened.append(f"after {self._disk.syncs} syncs {survival}")
            self._disk.cut(survival)
            self._disk.close()
        self._turn_on()

    def _cut_at_start(self, cut: Cut, chance: random.Random) -> None:
        """Start the master, and cut the power before or soon after it answers."""
        cut.happened.append("cut at its next start")

        def kill_master() -> None:
            self._power.turn_off()
            self._kill_master()

        timer = threading.Timer(chance.uniform(0.3, _MAX_START_S), kill_master)
        timer.start()
        with contextlib.suppress(StartError):
            self._start_master()
        timer.join()
        self._cut(cut, chance)

    def _check(self) -> Iterator[str]:
        url, results = self.cluster.url, self.cluster.results
        yield from self._answers.refusals
        yield from lost(url, results, self._answers)
        self._answers.replies.clear()
        yield from half_written(results, set(self._expected.values()))
        end = time.monotonic() + _FINISH_LIMIT_S
        for job in self._answers.jobs.values():
            if not job.is_started:
                continue
            while True:
                now = requests.get(f"{url}/jobs/{job.job_id}?limit=10000", timeout=30).json()
                if now.get("state") not in ("queued", "running"):
                    break
                if time.monotonic() > end:
                    yield f"job {job.job_id} is not finished: {now}"
                    return
                time.sleep(0.02)
            if "files" in now:
                sent = {index: data for index, (_, data) in job.files.items()}
                yield from wrong_ends(now, sent, self._expected)
                self._answers.described(now)

    def _count(self, cut: Cut) -> None:
        jobs = list(self._answers.jobs.values())
        cut.jobs, cut.files = len(jobs), sum(len(job.files) for job in jobs)
        cut.ended_files = sum(len(job.ends) for job in jobs)

    def _kill_master(self) -> None:
        if self.cluster.master is not None:
            self.cluster.master.process.kill()
            self.cluster.master.process.wait()

    def begin_anew(self, durability: str) -> None:
        """Start the master on an empty disk."""
        self._durability = durability
        self._power.turn_off()
        self._kill_master()
        if self._disk is not None:
            self._disk.close()
        self._answers = Answers()
        self._new_disk()
        self._start_master()

    def _new_disk(self) -> None:
        root = self._folder / "disk"
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir()
        self._turn_on()

    def _turn_on(self) -> None:
        root = self._folder / "disk"
        self._disk = Disk(root, self._folder / "kept")
        self._power.turn_on(self._disk)

    def _start_master(self) -> None:
        settings = self._power.environment | {"DURABILITY": self._durability}
        self.cluster.start_master(PROJECT / "master.py", **settings)


@contextlib.contextmanager
def running_campaign(folder: Path, seed: int, durability: str = "full") -> Iterator[Campaign]:
    """Run a campaign's cluster for the block."""
    campaign = Campaign(folder, seed, durability)
    try:
        campaign.start()
        yield campaign
    finally:
        campaign.stop()
