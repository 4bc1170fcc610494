"""Plays one run after the other on a kept stage, and keeps what is left of those that fail."""

import shutil
from pathlib import Path

from tests.chaos.calm import Calm
from tests.chaos.contents import Contents
from tests.chaos.play import Verdict, play
from tests.chaos.schedule import schedule
from tests.chaos.stage import Stage


class Campaign:
    """A kept stage, replaced by a new one after each failure; the failed one's files are kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._contents = Contents()
        self._calm = Calm()
        self._stages = 0
        self._stage: Stage | None = None

    def run(self, seed: int) -> Verdict:
        """Play the run of a seed; what a run stumbles over is its failure, not the campaign's."""
        plan = schedule(seed)
        try:
            verdict = play(plan, self._ready(), self._contents, self._calm)
        except Exception as error:  # noqa: BLE001 (border of a run: the next one has a new stage)
            verdict = Verdict(plan, complaints=[f"{type(error).__name__}: {error}"])
        if verdict.complaints:
            self._keep(verdict)
        return verdict

    def kept(self, seed: int) -> Path:
        """Return where the files of a seed's run are if it has failed."""
        return self._folder / f"failed-{seed}"

    def stop(self) -> None:
        """End the stage; nothing of it is kept."""
        if self._stage is not None:
            folder = self._stage.folder
            self._stage.stop()
            self._stage = None
            shutil.rmtree(folder, ignore_errors=True)

    def _ready(self) -> Stage:
        if self._stage is None:
            self._stages += 1
            self._stage = Stage(self._folder / f"stage-{self._stages}")
            self._stage.start()
        return self._stage

    def _keep(self, verdict: Verdict) -> None:
        """Put away the logs of the stage with its schedule and what was wrong."""
        kept = self.kept(verdict.schedule.seed)
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        (kept / "schedule.json").write_text(verdict.schedule.as_json(), encoding="utf-8")
        (kept / "complaints.txt").write_text("\n\n".join(verdict.complaints), encoding="utf-8")
        (kept / "ledgers.txt").write_text("\n".join(map(str, verdict.ledgers)), encoding="utf-8")
        if self._stage is not None:
            shutil.copytree(self._stage.logs, kept / "logs")
        self.stop()
