"""Logs the events and actions of the scheduler as JSON lines, and replays such a log.

Each line holds one event with its actions. The lines of one process form a segment, which begins
with a start line; replaying creates a new scheduler at each start line.
``python -m master_service.scheduling.replay_log PATH`` replays a file and compares the actions.
"""

import argparse
import contextlib
import dataclasses
import enum
import json
import logging
import sys
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from master_service.scheduling.events import Action, Event
from master_service.scheduling.scheduler import Scheduler

_log = logging.getLogger(__name__)

_EVENTS: dict[str, type] = {event.__name__: event for event in typing.get_args(Event)}


class ReplayError(Exception):
    """The replayed actions differ from those in the log, or a line is not valid."""


class EventLog:
    """Appends to a file; stops with a warning, and never raises, when writing fails."""

    def __init__(self, path: Path, max_attempts: int) -> None:
        """Begin a segment; a last line that a killed master left incomplete is ended first."""
        self._path = path
        self._file: BinaryIO | None = None
        try:
            # Unbuffered, so that close() has nothing left to write when the disk is full.
            self._file = path.open("a+b", buffering=0)
            if _is_torn(self._file):
                self._file.write(b"\n")
        except OSError as error:
            self._stop(error)
        self._write_line({"start": {"max_attempts": max_attempts}})

    def write(self, event: Event, actions: Sequence[Action]) -> None:
        """Append one event and the actions that the scheduler returned for it."""
        if self._file is not None:
            self._write_line({"event": encode(event), "actions": encode(actions)})

    def close(self) -> None:
        """Close the file; later events are not written."""
        if self._file is not None:
            with contextlib.suppress(OSError):  # unbuffered: no data can be lost here
                self._file.close()
            self._file = None

    def _write_line(self, value: dict[str, object]) -> None:
        line = memoryview(json.dumps(value, separators=(",", ":")).encode() + b"\n")
        try:
            # A nearly full disk writes a part of the line and fails at the rest.
            while line and self._file is not None:
                line = line[self._file.write(line) :]
        except OSError as error:
            self._stop(error)

    def _stop(self, error: OSError) -> None:
        _log.warning("the scheduler log %s is stopped: %s", self._path, error)
        self.close()


def _is_torn(file: BinaryIO) -> bool:
    """Tell whether the last line lacks its newline: the last master was killed while writing."""
    if file.seek(0, 2) == 0:
        return False
    file.seek(-1, 2)
    return file.read(1) != b"\n"


def encode(value: object) -> object:
    """Return events, actions and their fields as JSON values."""
    if isinstance(value, enum.Enum):
        return value.value
    if dataclasses.is_dataclass(value):
        fields = {f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"type": type(value).__name__, **fields}
    if isinstance(value, Mapping):
        return {str(key): encode(each) for key, each in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Sequence):
        return [encode(each) for each in value]
    raise TypeError(f"not a part of an event or action: {value!r}")


def decode(value: Mapping[str, Any]) -> Event:
    """Return the event that ``encode`` turned into this value."""
    kind = _EVENTS[value["type"]]
    hints = typing.get_type_hints(kind)
    event: Event = kind(**{f: _decode(each, hints[f]) for f, each in value.items() if f != "type"})
    return event


def _decode(value: object, hint: object) -> object:
    """Return the field's value as its type asks; a sequence of numbers stays a list."""
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return hint(value)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is frozenset and isinstance(value, list):
        return frozenset(value)
    if origin is Mapping and isinstance(value, dict):
        return {arguments[0](key): each for key, each in value.items()}
    if value is not None and type(None) in arguments:
        (hint,) = (argument for argument in arguments if argument is not type(None))
        return _decode(value, hint)
    return value


def replay(path: Path) -> int:
    """Replay each segment on a new scheduler and return the number of events.

    Raises ``ReplayError`` at the first event whose actions differ.
    """
    scheduler: Scheduler | None = None
    count = 0
    for number, line in _lines(path):
        if "start" in line:
            scheduler = Scheduler(line["start"]["max_attempts"])
            continue
        if scheduler is None:
            raise ReplayError(f"line {number}: an event before the first start line")
        try:
            event, written = decode(line["event"]), line["actions"]
        except (KeyError, TypeError, ValueError) as error:
            raise ReplayError(f"line {number}: not an event with its actions: {error!r}") from error
        answered = encode(scheduler.handle(event))
        if answered != written:
            raise ReplayError(f"line {number}: logged {written}, but replayed {answered}")
        count += 1
    return count


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line numbers and values, without a line that a killed process left incomplete."""
    torn = 0
    with path.open("rb") as file:
        for number, text in enumerate(file, start=1):
            try:
                line = json.loads(text)
            except ValueError:
                line = None
            # Only the last line of a segment can be torn: the next line is a start line.
            if torn and not (isinstance(line, dict) and "start" in line):
                raise ReplayError(f"line {torn}: can't be read")
            torn = 0 if isinstance(line, dict) else number
            if not torn:
                yield number, line


def main() -> None:
    """Replay one file and print the number of events."""
    parser = argparse.ArgumentParser(description="Replay a scheduler log (SCHEDULER_LOG).")
    parser.add_argument("path", type=Path)
    path = parser.parse_args().path
    try:
        count = replay(path)
    except (OSError, ReplayError) as error:
        sys.exit(str(error))
    sys.stdout.write(f"{count} events replay exactly\n")


if __name__ == "__main__":
    main()
