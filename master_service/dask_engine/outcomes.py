"""Reads the outcomes in the messages of the Dask client process."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from master_service.engine import RunRequest
from master_service.scheduling.state import INPUT_UNREADABLE
from protocol.counts import counted
from protocol.failures import Failure, NoSlave
from protocol.options import described
from protocol.wire import Outcome, read_failure, read_warnings


class Found(NamedTuple):
    """The outcome of the file at a position, without its name."""

    position: int
    outcome: Outcome
    is_final: bool
    """Whether the file is not tried again, whatever the code of its failure."""


def outcomes(
    positions: Sequence[int], entries: Sequence[dict[str, Any]], data: Sequence[bytes]
) -> list[Found]:
    """Return the outcome of each file of a batch.

    ``data`` holds the results in the order of the entries that have one.
    """
    found, results = [], iter(data)
    for position, entry in zip(positions, entries, strict=True):
        if "unreadable" in entry:
            found.append(Found(position, Outcome("", failure=INPUT_UNREADABLE), True))
        elif "error" in entry:
            found.append(Found(position, Outcome("", failure=read_failure(entry)), False))
        else:
            warnings = read_warnings(entry.get("warnings"))
            outcome = Outcome("", data=next(results), warnings=warnings)
            found.append(Found(position, outcome, True))
    return found


def no_worker(request: RunRequest, waited_s: float) -> Failure:
    """Return the failure of files for which there was no Dask worker in time."""
    what = described(request.task.name, request.features)
    return NoSlave(
        f"No Dask worker that can do {what} was there for {counted(waited_s, 'second')}: start one "
        "(docs/scaling.md), then send the file again."
    ).as_failure()
