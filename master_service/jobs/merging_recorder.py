"""Records a run whose outcomes are partial results, and merges them when the run has ended."""

import importlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from master_service.jobs.partial_results import PartialResults
from master_service.jobs.progress_recorder import ProgressRecorder
from master_service.jobs.provisional_files import Held
from master_service.jobs.result_saver import not_written
from master_service.jobs.running_job import JobCancelled
from master_service.storage.results import Staged
from protocol.cooperative_yield import YieldTimer
from protocol.failures import Internal
from protocol.wire import Outcome

_INVALID = (ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What a malformed partial result raises when it is read."""


class MergingRecorder(ProgressRecorder):
    """Keeps partial results on disk, merges those of all files, and saves the result of each.

    A file stays ``running`` until its result is saved.
    """

    @cached_property
    def _folder(self) -> Path:
        return self._store.spool.folder(self.running_job.job.job_id)

    @cached_property
    def _partials(self) -> PartialResults:
        return PartialResults(self._folder)

    @property
    def _module(self) -> ModuleType:
        return importlib.import_module(str(self._task.merge_module))

    def sink_factory(self) -> None:
        """Return None: partial results are kept elsewhere."""

    def close(self) -> None:
        """Wait until every result is saved, and delete the partial results."""
        super().close()
        self._partials.close()

    def finish(self, position: int, outcome: Outcome, staged: Staged | None = None) -> None:
        """Record the end of a file that failed; a partial result is kept until ``complete``."""
        held, _ = self.hold(position, outcome)
        if held.failure is not None:
            super().finish(position, held, staged)

    def hold(self, position: int, outcome: Outcome) -> Held:
        """Keep the partial result of a file."""
        data = outcome.data
        if outcome.failure is not None or data is None:
            return outcome, None
        try:
            # ``complete`` raises ``JobCancelled`` again.
            with suppress(JobCancelled):
                self.running_job.retry_writes(lambda: self._partials.put(position, data))
        except OSError as error:
            return Outcome(outcome.filename, failure=not_written(error)), None
        return replace(outcome, data=None), None

    def drop(self, position: int, held: Held | None) -> None:
        """Forget a provisional file, and its partial result."""
        self._partials.discard(position)
        super().drop(position, held)

    def complete(self) -> None:
        """Merge the partial results, and save the result of each file.

        Raises ``JobCancelled`` where the job was cancelled; some files may be done then.
        """
        super().complete()
        embedder = self._module.Embedder(self._load_or_build_vocabulary())
        yield_timer = YieldTimer()
        for position in self._partials.positions():
            self._raise_if_cancelled()
            filename = self._file(position).filename
            try:
                outcome = embedder.outcome(filename, self._partials.get(position))
            except _INVALID as error:
                outcome = _invalid(filename, error)
            super().finish(position, outcome)
            yield_timer.yield_if_due()

    def _load_or_build_vocabulary(self) -> Mapping[str, object]:
        """Return the vocabulary that the ledger has of the job, or a new one, which it stores."""
        job, ledger = self.running_job.job, self._store.ledger
        self._raise_if_cancelled()
        stored: Any = ledger.vocabulary(job)
        if stored is not None:
            return dict(stored)
        vocabulary = self.running_job.retry_writes(self._build_vocabulary)
        # Stored before the first result: after a restart, files that are done are not counted
        # again, so they would be missing from another vocabulary.
        self.running_job.retry_writes(lambda: ledger.store_vocabulary(job, vocabulary))
        return vocabulary

    def _build_vocabulary(self) -> Mapping[str, object]:
        """Return the vocabulary of all files; those with an invalid partial result fail."""
        yield_timer = YieldTimer()
        with self._module.open_vocabulary(self._folder) as builder:
            for position in self._partials.positions():
                try:
                    builder.add(json.loads(self._partials.get(position)))
                except _INVALID as error:
                    self._partials.discard(position)
                    super().finish(position, _invalid(self._file(position).filename, error))
                yield_timer.yield_if_due()
            vocabulary: Mapping[str, object] = builder.finish()
            return vocabulary

    def _raise_if_cancelled(self) -> None:
        if self.running_job.is_cancelled:
            raise JobCancelled


def _invalid(filename: str, error: Exception) -> Outcome:
    failure = Internal(f"The slave's term counts of the file are invalid: {error}").as_failure()
    return Outcome(filename, failure=failure)
