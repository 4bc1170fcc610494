"""Threads that are used again."""

import threading

import pytest

from master_service import reused_threads
from master_service.reused_threads import ReusedThreads
from tests.waiting import wait_until

LIMIT_S = 30.0


def run_and_wait(threads: ReusedThreads) -> int:
    """Run a function in a thread, and return the thread's identifier after its end."""
    found: list[int] = []
    threads.run(lambda: found.append(threading.get_ident()))
    wait_until(lambda: bool(found and threads._idle), LIMIT_S)
    return found[0]


def test_idle_thread_is_used_again() -> None:
    """One thread runs functions that follow each other."""
    threads = ReusedThreads()
    assert run_and_wait(threads) == run_and_wait(threads)


def test_functions_run_at_the_same_time() -> None:
    """A function does not wait for the end of another."""
    threads, together = ReusedThreads(), threading.Barrier(3)
    for _ in range(2):
        threads.run(lambda: together.wait(LIMIT_S))
    together.wait(LIMIT_S)


def test_thread_ends_after_a_time_without_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that gets no function for a while ends, and a later function starts another."""
    monkeypatch.setattr(reused_threads, "_MAX_IDLE_S", 0.01)
    threads, started = ReusedThreads(), list[threading.Thread]()
    threads.run(lambda: started.append(threading.current_thread()))
    wait_until(lambda: started and not started[0].is_alive(), LIMIT_S)
    monkeypatch.setattr(reused_threads, "_MAX_IDLE_S", LIMIT_S)
    run_and_wait(threads)
