"""Which slaves the master calls back, and with how many threads."""

import threading

from master_service.slaves.heartbeat_monitor import HeartbeatMonitor
from master_service.slaves.registry import Capabilities, Registry
from master_service.slaves.transport import SlaveLost, Transport

LIMIT_S = 60.0


class Unhurried(Transport):
    """Answers for nobody before it is told to, and counts who waits for that."""

    def __init__(self) -> None:
        self.answering = threading.Event()
        self.asked: list[str] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()

    def check_status(self, slave: str) -> None:
        with self._lock:
            self.asked.append(slave)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        self.answering.wait(LIMIT_S)
        with self._lock:
            self._at_once -= 1
        raise SlaveLost("it is not there")


def test_many_silent_slaves_are_asked_by_a_few_threads() -> None:
    """Everybody is asked in turn, and registrations without a slave cost no thread each."""
    registry, transport = Registry(2.0, lambda _: None), Unhurried()
    for port in range(1, 501):
        registry.register("10.0.0.1", port, None, at=0)
    watch = HeartbeatMonitor(registry, transport, lambda _now, _late: None, set)
    others = set(threading.enumerate())
    watch._check_all(watch._slaves_without_heartbeats())
    watch._check_all(watch._slaves_without_heartbeats())
    askers = set(threading.enumerate()) - others
    assert 1 <= len(askers) <= 32
    transport.answering.set()
    for asker in askers:
        asker.join(LIMIT_S)
    assert sorted(transport.asked) == sorted(record.name for record in registry.present())
    assert transport.most_at_once <= 32
    transport.asked.clear()
    watch._check_all(watch._slaves_without_heartbeats())
    for asker in set(threading.enumerate()) - others:
        asker.join(LIMIT_S)
    assert len(transport.asked) == 500


def test_only_new_and_doubtful_slaves_are_called() -> None:
    """A slave with heartbeats is called when it is new, unreachable, or failed a request."""
    registry, suspects = Registry(2.0, lambda _: None), set[str]()
    watch = HeartbeatMonitor(registry, Unhurried(), lambda _now, _late: None, lambda: suspects)
    for port in (3000, 3001, 3002):
        registry.register("10.0.0.1", port, Capabilities(), at=0)
    assert [record.port for record in watch._new_slaves()] == [3000, 3001, 3002]
    registry.record_check("10.0.0.1", 3000, None)
    registry.record_check("10.0.0.1", 3001, "Nothing listens there.")
    registry.record_check("10.0.0.1", 3002, None)
    assert watch._new_slaves() == []
    assert watch._slaves_without_heartbeats() == []
    assert [record.port for record in watch._suspect_slaves()] == [3001]
    suspects.add("10.0.0.1:3002")
    assert [record.port for record in watch._suspect_slaves()] == [3001, 3002]
