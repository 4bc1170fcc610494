"""Which slaves the master calls, and with how many threads."""

import threading

from master_service.slaves.heartbeat_monitor import HeartbeatMonitor
from master_service.slaves.registry import Capabilities, Registry
from master_service.slaves.transport import ConnectionLost, Transport

LIMIT_S = 60.0


class BlockingTransport(Transport):
    """A transport whose calls wait until ``answering`` is set, and that counts them."""

    def __init__(self) -> None:
        self.answering = threading.Event()
        self.called: list[str] = []
        self.max_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()

    def check_status(self, slave: str) -> None:
        with self._lock:
            self.called.append(slave)
            self._at_once += 1
            self.max_at_once = max(self.max_at_once, self._at_once)
        self.answering.wait(LIMIT_S)
        with self._lock:
            self._at_once -= 1
        raise ConnectionLost("it is not there")


def test_many_silent_slaves_are_called_by_a_few_threads() -> None:
    """Each slave is called once, and 500 registrations do not start 500 threads."""
    registry, transport = Registry(2.0), BlockingTransport()
    for port in range(1, 501):
        registry.register("10.0.0.1", port, None, at=0)
    monitor = HeartbeatMonitor(registry, transport, lambda _now, _late: None, set)
    others = set(threading.enumerate())
    monitor._probe_all(monitor._slaves_without_heartbeats())
    monitor._probe_all(monitor._slaves_without_heartbeats())
    checkers = set(threading.enumerate()) - others
    assert 1 <= len(checkers) <= 32
    transport.answering.set()
    for checker in checkers:
        checker.join(LIMIT_S)
    assert sorted(transport.called) == sorted(record.name for record in registry.present())
    assert transport.max_at_once <= 32
    transport.called.clear()
    monitor._probe_all(monitor._slaves_without_heartbeats())
    for checker in set(threading.enumerate()) - others:
        checker.join(LIMIT_S)
    assert len(transport.called) == 500


def test_only_new_and_slaves_in_doubt_are_called() -> None:
    """A slave with heartbeats is called if it is new, unreachable, or its last exchange failed."""
    registry, not_answering = Registry(2.0), set[str]()
    monitor = HeartbeatMonitor(
        registry, BlockingTransport(), lambda _now, _late: None, lambda: not_answering
    )
    for port in (3000, 3001, 3002):
        registry.register("10.0.0.1", port, Capabilities(), at=0)
    assert [record.port for record in monitor._new_slaves()] == [3000, 3001, 3002]
    registry.record_probe("10.0.0.1", 3000, None)
    registry.record_probe("10.0.0.1", 3001, "Nothing listens there.")
    registry.record_probe("10.0.0.1", 3002, None)
    assert monitor._new_slaves() == []
    assert monitor._slaves_without_heartbeats() == []
    assert [record.port for record in monitor._slaves_in_doubt()] == [3001]
    not_answering.add("10.0.0.1:3002")
    assert [record.port for record in monitor._slaves_in_doubt()] == [3001, 3002]
