"""The log of the scheduler's events and actions, and its replay."""

import io
import json
import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings

from master_service.scheduling.events import (
    Action,
    BatchEnded,
    Event,
    ExchangeFailure,
    FailFile,
    FileAnswered,
    RunAdded,
    RunCancelled,
    Send,
    SlaveExcluded,
    SlaveGone,
    SlaveUp,
    Tick,
)
from master_service.scheduling.replay_log import (
    EventLog,
    ReplayError,
    decode,
    encode,
    replay,
)
from master_service.scheduling.scheduler import Scheduler
from protocol.failures import Failure
from tests.unit.master.scheduling.simulator import Simulation
from tests.unit.master.scheduling.test_simulation import Step, step_lists

FULL = Path("/dev/full")

EVENTS: list[Event] = [
    SlaveUp(1.5, "a", 2, frozenset({"text", "ocr"})),
    SlaveUp(1.5, "b", 1, frozenset()),
    RunAdded(2.0, "r", "text", [1, 2, 3], None),
    RunAdded(2.1, "s", "ocr", [1], 0.5, {0: ["b", "a"]}),
    FileAnswered(0.1 + 0.2, 1, 0, None),
    FileAnswered(3.0, 1, 1, "crashed"),
    BatchEnded(4.0, 1, ExchangeFailure.CONNECTION_LOST),
    BatchEnded(4.0, 2, None),
    SlaveExcluded(5.0, "r", "a"),
    RunCancelled(6.0, "r"),
    SlaveGone(7.0, "a", True),
    Tick(8.0),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def history(max_attempts: int = 3) -> list[tuple[Event, list[Action]]]:
    """Return the events with the actions that a new scheduler returns for them."""
    scheduler = Scheduler(max_attempts)
    return [(event, scheduler.handle(event)) for event in EVENTS]


def write(path: Path, entries: Sequence[tuple[Event, list[Action]]], max_attempts: int = 3) -> None:
    """Append events and actions, as one process does."""
    log = EventLog(path, max_attempts)
    for event, actions in entries:
        log.write(event, actions)
    log.close()


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_events_survive_encoding(event: Event) -> None:
    """An event of any type is equal to itself after encoding as JSON and decoding."""
    assert decode(json.loads(json.dumps(encode(event)))) == event


def test_actions_are_written_with_their_fields() -> None:
    """An action has its type and fields, a failure its code and error."""
    actions = [Send(1, "a", "r", (4, 5)), FailFile("r", 0, Failure("no_slave", "None was there."))]
    failure = {"type": "Failure", "code": "no_slave", "error": "None was there."}
    assert encode(actions) == [
        {"type": "Send", "batch": 1, "slave": "a", "run": "r", "positions": [4, 5]},
        {"type": "FailFile", "run": "r", "position": 0, "failure": failure},
    ]


def test_other_values_are_refused() -> None:
    """A value that could not be decoded is not written."""
    with pytest.raises(TypeError, match="object"):
        encode(object())


def test_file_replays(path: Path) -> None:
    """Replaying gives the logged actions for every event."""
    write(path, history())
    assert replay(path) == len(EVENTS)


def test_lines_are_written_at_once(path: Path) -> None:
    """Nothing is buffered that a killed master would lose."""
    log = EventLog(path, 3)
    log.write(*history()[0])
    assert replay(path) == 1
    log.close()


def test_each_process_has_its_own_segment(path: Path) -> None:
    """A second process appends a segment with its own settings; each replays on its own."""
    write(path, history(max_attempts=3), max_attempts=3)
    write(path, history(max_attempts=1), max_attempts=1)
    assert replay(path) == 2 * len(EVENTS)
    assert len(path.read_bytes().split(b"\n")) == 2 * (1 + len(EVENTS)) + 1


@pytest.mark.slow
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(step_lists)
def test_any_history_replays(steps: list[tuple[Step, int, int]]) -> None:
    """Whatever happens to slaves and runs, the log replays exactly."""
    sim = Simulation()
    for step, which, how in steps:
        step(sim, which, how)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "events.jsonl")
        write(path, sim.history)
        assert replay(path) == len(sim.history)


def test_first_difference_is_named(path: Path) -> None:
    """Different actions are reported in one line, with the line number and both actions."""
    entries = history()
    entries[2] = (entries[2][0], [Send(77, "a", "r", (0,))])
    write(path, entries)
    with pytest.raises(ReplayError, match=r"^line 4: .*'batch': 77.*'batch': 1") as caught:
        replay(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("last", [0, 1, 5, len(EVENTS)])
@pytest.mark.parametrize("kept", [1, 20])
def test_torn_last_line_is_ignored(path: Path, last: int, kept: int) -> None:
    """A master killed while writing loses its last line only, also when a segment follows."""
    write(path, history()[:last])
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]) + lines[-1][:kept])
    assert replay(path) == max(0, last - 1)
    write(path, history())
    assert replay(path) == max(0, last - 1) + len(EVENTS)


def test_last_line_without_its_end_counts(path: Path) -> None:
    """A line that lacks only its newline is complete."""
    write(path, history())
    path.write_bytes(path.read_bytes()[:-1])
    assert replay(path) == len(EVENTS)
    write(path, history())
    assert replay(path) == 2 * len(EVENTS)


def test_unreadable_line_in_between_is_an_error(path: Path) -> None:
    """Only the last line of a segment may be torn; elsewhere events would be missing."""
    write(path, history())
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], b'{"event\n', *lines[4:]]))
    with pytest.raises(ReplayError, match="line 4"):
        replay(path)


@pytest.mark.parametrize("line", ["{}", '{"event": {"type": "Unheard"}}', '{"event": {}}'])
def test_line_that_is_no_event_is_an_error(path: Path, line: str) -> None:
    """Other JSON is reported, not skipped."""
    write(path, [])
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(ReplayError, match="line 2"):
        replay(path)


def test_event_before_any_start_is_an_error(path: Path) -> None:
    """Without a start line the settings of the scheduler are not known."""
    write(path, history())
    path.write_bytes(path.read_bytes().split(b"\n", 1)[1])
    with pytest.raises(ReplayError, match="line 1"):
        replay(path)


# Write errors


@pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
def test_full_disk_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """The master goes on without the log, after one warning."""
    with caplog.at_level(logging.WARNING):
        write(FULL, history())
    assert len(caplog.records) == 1
    assert str(FULL) in caplog.text
    assert "No space left on device" in caplog.text


def test_file_that_can_not_be_opened_is_logged_once(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A log in a folder that does not exist does not stop the master either."""
    with caplog.at_level(logging.WARNING):
        write(path / "none" / "such", history())
    assert len(caplog.records) == 1
    assert "No such file" in caplog.text


class FillingUp(io.FileIO):
    """A file on a disk with ``free_bytes`` bytes left."""

    free_bytes = 700

    def write(self, line: object) -> int:
        assert isinstance(line, memoryview)
        if not self.free_bytes:
            raise OSError(28, "No space left on device")
        taken = super().write(line[: self.free_bytes])
        self.free_bytes -= taken
        return taken


def test_what_was_written_before_the_disk_was_full_replays(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The torn line does no harm, now or after the next start."""
    log = EventLog(path, 3)
    log.close()
    log._file = FillingUp(path, "ab")
    for event, actions in history():
        log.write(event, actions)
    log.close()
    assert path.stat().st_size > FillingUp.free_bytes
    assert not path.read_bytes().endswith(b"\n")
    before = replay(path)
    assert 0 < before < len(EVENTS)
    write(path, history())
    assert replay(path) == before + len(EVENTS)
    assert len(caplog.records) == 1


class FailingToClose(io.FileIO):
    """A file on a network drive that is gone when it is closed."""

    def close(self) -> None:
        if not self.closed:
            super().close()
            raise OSError(5, "Input/output error")


def test_failure_to_close_is_ignored(path: Path) -> None:
    """Each line has been written by then."""
    log = EventLog(path, 3)
    log.close()
    log._file = FailingToClose(path, "ab")
    log.write(*history()[0])
    log.close()
    assert replay(path) == 1


class TakingLittle(io.FileIO):
    """A file that writes at most seven bytes at a time."""

    def write(self, line: object) -> int:
        assert isinstance(line, memoryview)
        return super().write(line[:7])


def test_partial_writes_are_continued(path: Path) -> None:
    """A line that is written in parts is complete."""
    log = EventLog(path, 3)
    log.close()
    log._file = TakingLittle(path, "ab")
    for event, actions in history():
        log.write(event, actions)
    log.close()
    assert replay(path) == len(EVENTS)
