"""The engine's decisions, with a list in place of the Dask client process."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from master_service.dask_engine.engine import DaskEngine
from master_service.dask_engine.messages import Message
from master_service.engine import InputFile, RunRequest
from master_service.slaves.registry import Registry
from protocol.task_types import TASK_TYPES
from protocol.wire import Outcome
from tests.contract.programs import wait_until

MAX_ATTEMPTS = 2


@dataclass
class FakeClient:
    """Keeps what the engine sends."""

    on_message: Callable[[Message, Sequence[bytes]], None]
    on_end: Callable[[], None]
    submitted: dict[int, Message] = field(default_factory=dict)
    cancelled: list[int] = field(default_factory=list)

    def send(self, message: Message) -> None:
        if "submit" in message:
            self.submitted[message["submit"]["number"]] = message["submit"]
        else:
            self.cancelled.append(message["cancel"])

    def stop(self) -> None:
        pass

    def workers(self, *ports: int, threads: int = 1, problem: str | None = None) -> None:
        """Report these workers, which do text."""
        found = [
            {
                "address": f"tcp://127.0.0.1:{port}",
                "threads": threads,
                "task_types": ["text"],
                "features": [],
                "unavailable": {"ocr": "Tesseract is missing"},
                "versions": {},
            }
            for port in ports
        ]
        self.on_message({"event": "cluster", "problem": problem, "workers": found}, [])

    def begun(self, number: int, worker: str = "127.0.0.1:1") -> None:
        self.on_message({"event": "begun", "batch": number, "worker": worker}, [])

    def lost(self, number: int) -> None:
        self.on_message({"event": "lost", "batch": number, "reason": "test"}, [])

    def ended(
        self, number: int, code: str | None = None, worker: str = "127.0.0.1:1", **entry: Any
    ) -> None:
        """Report a batch as ended: its files have a result, or all of them this code."""
        count = len(self.submitted[number]["files"])
        failed = {"code": code, "error": "It failed."} if code else {"bytes": 2}
        files = [entry or failed] * count
        head = {"event": "ended", "batch": number, "worker": worker, "elapsed_s": 1.0 * count}
        self.on_message(head | {"files": files}, [] if code or entry else [b"{}"] * count)


@dataclass
class Recorder:
    """An observer that keeps what it is told."""

    handed: list[tuple[tuple[int, ...], str]] = field(default_factory=list)
    requeues: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    cancels: list[int] = field(default_factory=list)
    outcomes: dict[int, Outcome] = field(default_factory=dict)

    def handed_over(self, positions: Sequence[int], slave: str) -> None:
        self.handed.append((tuple(positions), slave))

    def requeued(self, position: int, blamed_by: tuple[str, ...]) -> None:
        self.requeues.append((position, blamed_by))

    def cancelled(self, positions: Sequence[int]) -> None:
        self.cancels += positions

    def ended(self, position: int, outcome: Outcome) -> None:
        assert position not in self.outcomes
        self.outcomes[position] = outcome


@dataclass
class Setup:
    """An engine with its client and an observer."""

    engine: DaskEngine
    client: FakeClient
    registry: Registry
    seen: Recorder = field(default_factory=Recorder)

    def begin(self, files: int, timeout_s: float | None = None, is_open: bool = False) -> Any:
        inputs = [InputFile(f"{n}.txt", Path(f"/spool/{n}"), 1) for n in range(100)][:files]
        request = RunRequest(
            TASK_TYPES["text"],
            inputs,
            [1] * files,
            no_slave_timeout_s=timeout_s,
            is_open=is_open,
        )
        return self.engine.begin("run", request, self.seen)


@pytest.fixture
def setup() -> Setup:
    clients: list[FakeClient] = []
    registry = Registry(2)

    def connect(*callbacks: Any) -> FakeClient:
        clients.append(FakeClient(*callbacks))
        return clients[0]

    engine = DaskEngine(registry, MAX_ATTEMPTS, connect)
    return Setup(engine, clients[0], registry)


def test_files_wait_for_workers_and_few_are_in_flight(setup: Setup) -> None:
    """Nothing is submitted without workers; with them, two batches for each thread."""
    setup.begin(10)
    assert setup.client.submitted == {}
    setup.client.workers(1, 2, threads=2)
    assert [each["filenames"] for each in setup.client.submitted.values()] == [
        [f"{number}.txt"] for number in range(8)
    ]


def test_outcome_ends_a_file(setup: Setup) -> None:
    """A batch is handed over when a worker begins it, and its results end its files."""
    setup.client.workers(1)
    run = setup.begin(2)
    setup.client.begun(1)
    setup.client.ended(1)
    setup.client.ended(2, worker="127.0.0.1:2")
    run.wait()
    assert setup.seen.handed == [((0,), "127.0.0.1:1"), ((1,), "127.0.0.1:2")]
    assert setup.seen.outcomes[1].data == b"{}"


def test_lost_batch_counts_no_attempt(setup: Setup) -> None:
    """However often a batch is lost, its files are submitted again, and blame nobody."""
    setup.client.workers(1)
    run = setup.begin(1)
    for number in range(1, MAX_ATTEMPTS + 3):
        setup.client.begun(number)
        setup.client.lost(number)
    setup.client.ended(max(setup.client.submitted))
    run.wait()
    assert setup.seen.requeues == [(0, ())] * (MAX_ATTEMPTS + 2)
    assert setup.seen.outcomes[0].failure is None


def test_ended_client_process_loses_nothing(setup: Setup) -> None:
    """The files in flight wait until another client process finds workers."""
    setup.client.workers(1)
    run = setup.begin(3)
    setup.client.begun(1)
    setup.client.on_end()
    assert setup.seen.requeues == [(0, ())]
    assert setup.registry.present() == []
    setup.client.ended(1)  # too late: ignored
    assert setup.seen.outcomes == {}
    setup.client.workers(2)
    for number in (3, 4, 5):
        setup.client.ended(number)
    run.wait()
    assert sorted(setup.seen.outcomes) == [0, 1, 2]


@pytest.mark.parametrize("code", ["crashed", "internal"])
def test_blamed_file_fails_after_the_last_attempt(setup: Setup, code: str) -> None:
    """A blamed file is tried again, away from who blamed it, up to MAX_ATTEMPTS."""
    setup.client.workers(1, 2)
    run = setup.begin(1)
    setup.client.ended(1, code)
    wait_until(lambda: 2 in setup.client.submitted)
    assert setup.client.submitted[2]["avoid"] == ["127.0.0.1:1"]
    assert setup.seen.requeues == [(0, ("127.0.0.1:1",))]
    setup.client.ended(2, code, worker="127.0.0.1:2")
    run.wait()
    failure = setup.seen.outcomes[0].failure
    assert failure is not None
    assert failure.code == code


@pytest.mark.parametrize("code", ["corrupt", "timeout", "out_of_memory"])
def test_final_failure_is_not_tried_again(setup: Setup, code: str) -> None:
    """Other failures are final at once."""
    setup.client.workers(1)
    run = setup.begin(1)
    setup.client.ended(1, code)
    run.wait()
    assert list(setup.client.submitted) == [1]


def test_unreadable_upload_fails_at_once(setup: Setup) -> None:
    """A file that the client process can't read fails, without a hand-over."""
    setup.client.workers(1)
    run = setup.begin(1)
    setup.client.ended(1, worker="", unreadable=True)
    run.wait()
    failure = setup.seen.outcomes[0].failure
    assert failure is not None
    assert "send the file again" in failure.error
    assert setup.seen.handed == []


def test_returned_file_is_submitted_again(setup: Setup) -> None:
    """A worker that shuts down hands its files back, which blames nobody."""
    setup.client.workers(1)
    run = setup.begin(1)
    setup.client.ended(1, "returned")
    wait_until(lambda: 2 in setup.client.submitted)
    setup.client.ended(2)
    run.wait()
    assert setup.seen.requeues == [(0, ())]


def test_cancelled_run_ends_at_once(setup: Setup) -> None:
    """Waiting files and those in flight are cancelled; Dask is told to drop the batches."""
    setup.client.workers(1)
    run = setup.begin(5)
    setup.client.ended(1)
    wait_until(lambda: setup.seen.outcomes)
    setup.engine.cancel("run")
    run.wait()
    assert setup.seen.cancels == [1, 2, 3, 4]
    assert setup.client.cancelled == [2, 3]
    setup.engine.cancel("run")  # has ended: nothing happens


def test_open_run_takes_files_and_ends_when_it_is_complete(setup: Setup) -> None:
    """Files can be added and withdrawn until the run is complete."""
    setup.client.workers(1, threads=4)
    run = setup.begin(2, is_open=True)
    inputs = run.request.inputs
    setup.client.ended(1)
    setup.client.ended(2)
    wait_until(lambda: run.unfinished == 1)
    inputs += [InputFile(f"{n}.txt", Path(f"/spool/{n}"), 1) for n in (2, 3)]
    setup.engine.extend("run", [1, 1])
    setup.engine.withdraw("run", [3])
    assert setup.seen.cancels == [3]
    setup.client.ended(3)
    wait_until(lambda: run.unfinished == 1)
    assert not run.finished.is_set()
    setup.engine.complete("run", None)
    run.wait()
    assert sorted(setup.seen.outcomes) == [0, 1, 2]


def test_files_fail_without_workers_for_too_long(setup: Setup) -> None:
    """A run with a limit fails its files; time in which the master was stalled does not count."""
    run = setup.begin(1, timeout_s=10)
    began = time.monotonic()
    setup.engine.tick(began, 0)
    setup.engine.tick(began + 12, 5)
    assert setup.seen.outcomes == {}
    setup.engine.tick(began + 16, 0)
    run.wait()
    failure = setup.seen.outcomes[0].failure
    assert failure is not None
    assert failure.code == "no_slave"


def test_excluded_worker_gives_up_its_files(setup: Setup) -> None:
    """The batches of an excluded worker are submitted again, to be done by others."""
    setup.client.workers(1, 2)
    setup.begin(4)
    setup.client.begun(1)
    assert setup.engine.exclude("run", "127.0.0.1:1") == 1
    assert setup.seen.requeues == [(0, ())]
    assert all(
        each["avoid"] == ["127.0.0.1:1"]
        for number, each in setup.client.submitted.items()
        if number not in setup.client.cancelled
    )


def test_reason_without_workers(setup: Setup) -> None:
    """The engine says in a sentence what is missing, and for which type."""
    assert setup.engine.why_unavailable("text") == (
        "No slaves available: the connection to the Dask cluster is being set up"
    )
    setup.client.workers(problem="the Dask scheduler at tcp://x:1 can't be reached (refused)")
    assert "tcp://x:1 can't be reached" in (setup.engine.why_unavailable("text") or "")
    setup.client.workers(1)
    assert setup.engine.why_unavailable("text") is None
    assert setup.engine.why_unavailable("ocr", frozenset({"ocr:deu"})) == (
        "No slaves available for ocr with deu: 127.0.0.1:1: Tesseract is missing"
    )
    assert setup.engine.why_unavailable("text", frozenset({"text:x"})) == (
        "No slaves available for text with x: 127.0.0.1:1: it can't do text with x"
    )


def test_workers_are_registered_as_long_as_they_are_reported(setup: Setup) -> None:
    """The registry has the workers, which need no probe, and forgets those that are gone."""
    setup.client.workers(1, 2)
    assert [record.name for record in setup.registry.present()] == ["127.0.0.1:1", "127.0.0.1:2"]
    assert all(record.probed for record in setup.registry.present())
    now = time.monotonic()
    for second in range(20):
        setup.engine.tick(now + second, 0)
        setup.registry.expire(now + second)
    setup.client.workers(2)
    assert [record.name for record in setup.registry.present()] == ["127.0.0.1:2"]
    assert setup.registry.missing() == []


def test_cancelled_open_run_ends(setup: Setup) -> None:
    """An open run may be cancelled before it has files; later calls do nothing."""
    run = setup.begin(0, is_open=True)
    setup.engine.cancel("run")
    run.wait()
    setup.engine.extend("run", [1])
    setup.engine.withdraw("run", [0])
    setup.engine.complete("run", None)
