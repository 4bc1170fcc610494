"""The registry: which slaves are present or missing, and which changes it reports."""

from dataclasses import replace

import pytest

from master_service.engine import SlaveChange
from master_service.errors import TooManySlaves
from master_service.slaves.registry import (
    SINGLE_RUN_TASK_TYPES,
    Capabilities,
    Registry,
    SlaveRecord,
    slave_state,
)
from protocol.task_types import TASK_TYPES

FULL = Capabilities(workers=4, task_types=frozenset(TASK_TYPES), versions={"Pillow": "11.0"})


class ObservedRegistry:
    """A registry with an interval of two seconds, and the changes that it has reported."""

    def __init__(self) -> None:
        self.changes: list[SlaveChange] = []
        self.registry = Registry(2.0)
        self.registry.subscribe(self.changes.append)

    def reported(self) -> list[tuple[str, bool, bool]]:
        """Return and forget the changes reported so far: name, gone, lost."""
        reported = [(change.slave, change.gone, change.missing) for change in self.changes]
        self.changes.clear()
        return reported


@pytest.fixture
def observed() -> ObservedRegistry:
    """An empty registry."""
    return ObservedRegistry()


def test_first_registration_is_reported_once(observed: ObservedRegistry) -> None:
    """A new slave is reported; its heartbeats are not."""
    assert observed.registry.register("10.0.0.1", 3000, FULL, at=0)
    assert not observed.registry.register("10.0.0.1", 3000, FULL, at=2)
    assert observed.reported() == [("10.0.0.1:3000", False, False)]


def test_slave_is_known_by_address_and_port(observed: ObservedRegistry) -> None:
    """Two slaves on one computer are listed separately, in order of registration."""
    for port in (3001, 3000):
        observed.registry.register("10.0.0.1", port, FULL, at=0)
    assert [record.port for record in observed.registry.present()] == [3001, 3000]


def test_name_of_an_ipv6_slave_can_stand_in_a_url() -> None:
    """An IPv6 address is put in brackets, apart from the port."""
    observed = ObservedRegistry()
    observed.registry.register("::1", 3000, FULL, at=0)
    assert observed.reported() == [("[::1]:3000", False, False)]


def test_changed_capabilities_are_reported(observed: ObservedRegistry) -> None:
    """A slave that registers with other capabilities is reported again."""
    observed.registry.register("10.0.0.1", 3000, FULL, at=0)
    observed.registry.register("10.0.0.1", 3000, Capabilities(workers=8), at=1)
    assert [change.workers for change in observed.changes] == [4, 8]


def test_three_silent_intervals_make_a_slave_missing_and_lost_once(
    observed: ObservedRegistry,
) -> None:
    """After three intervals without a heartbeat the slave is missing, and reported as lost once."""
    observed.registry.register("10.0.0.1", 3000, FULL, at=0)
    observed.reported()
    observed.registry.expire(at=5.9)
    assert observed.reported() == []
    observed.registry.expire(at=6.0)
    observed.registry.expire(at=6.25)
    observed.registry.expire(at=100)
    assert observed.reported() == [("10.0.0.1:3000", True, True)]
    assert observed.registry.present() == []
    assert [record.name for record in observed.registry.missing()] == ["10.0.0.1:3000"]


@pytest.mark.parametrize("capabilities", [FULL, None])
def test_heartbeat_brings_a_missing_slave_back(
    observed: ObservedRegistry, capabilities: Capabilities | None
) -> None:
    """Its heartbeat is reported, and without extras its capabilities are kept."""
    observed.registry.register("10.0.0.1", 3000, FULL, at=0)
    observed.registry.expire(at=60)
    observed.reported()
    assert observed.registry.register("10.0.0.1", 3000, capabilities, at=61)
    assert observed.reported() == [("10.0.0.1:3000", False, False)]
    (record,) = observed.registry.present()
    assert record.capabilities == FULL
    assert observed.registry.missing() == []


def test_heartbeat_without_extras_keeps_them(observed: ObservedRegistry) -> None:
    """A heartbeat with address and port only changes ``last_seen`` and nothing else."""
    observed.registry.register("10.0.0.1", 3000, FULL, at=0)
    assert not observed.registry.register("10.0.0.1", 3000, None, at=1)
    (record,) = observed.registry.present()
    assert (record.capabilities, record.sends_heartbeats, record.last_seen) == (FULL, True, 1)


def test_two_fields_alone_mean_every_type_but_embedding(observed: ObservedRegistry) -> None:
    """Such a slave does all types that need one run, and sends no heartbeats."""
    observed.registry.register("10.0.0.1", 3000, None, at=0)
    (record,) = observed.registry.present()
    assert (
        record.capabilities.task_types == TASK_TYPES.keys() - {"embedding"} == SINGLE_RUN_TASK_TYPES
    )
    assert not record.sends_heartbeats


def test_extras_that_come_later_count(observed: ObservedRegistry) -> None:
    """A slave that registered with two fields can register with extras later."""
    observed.registry.register("10.0.0.1", 3000, None, at=0)
    assert observed.registry.register("10.0.0.1", 3000, FULL, at=1)
    (record,) = observed.registry.present()
    assert (record.capabilities, record.sends_heartbeats) == (FULL, True)


def test_answer_to_a_call_counts_as_a_heartbeat(observed: ObservedRegistry) -> None:
    """A slave that answers a call of the master stays present, or comes back."""
    observed.registry.register("10.0.0.1", 3000, None, at=0)
    observed.registry.record_answer("10.0.0.1", 3000, at=5)
    observed.registry.expire(at=7)
    assert len(observed.registry.present()) == 1
    observed.registry.expire(at=20)
    observed.reported()
    observed.registry.record_answer("10.0.0.1", 3000, at=21)
    assert observed.reported() == [("10.0.0.1:3000", False, False)]


def test_late_answer_of_a_slave_that_has_left_does_not_bring_it_back(
    observed: ObservedRegistry,
) -> None:
    """An answer does not register a slave."""
    observed.registry.register("10.0.0.1", 3000, None, at=0)
    observed.registry.deregister("10.0.0.1", 3000)
    observed.registry.record_answer("10.0.0.1", 3000, at=1)
    assert observed.registry.present() == []


def test_slave_that_leaves_is_gone_but_not_lost(observed: ObservedRegistry) -> None:
    """Deregistering is reported once, and the slave is neither present nor missing."""
    observed.registry.register("10.0.0.1", 3000, FULL, at=0)
    observed.reported()
    observed.registry.deregister("10.0.0.1", 3000)
    observed.registry.deregister("10.0.0.1", 3000)
    assert observed.reported() == [("10.0.0.1:3000", True, False)]
    assert observed.registry.present() == observed.registry.missing() == []


def test_slave_gone_for_an_hour_is_forgotten(observed: ObservedRegistry) -> None:
    """A missing slave is listed until an hour after its last heartbeat."""
    observed.registry.register("10.0.0.1", 3000, FULL, at=0)
    observed.registry.expire(at=10)
    observed.registry.expire(at=3599)
    assert len(observed.registry.missing()) == 1
    observed.registry.expire(at=3600)
    assert observed.registry.missing() == []


def test_stall_of_the_master_does_not_count_as_silence(observed: ObservedRegistry) -> None:
    """A stall of a minute is not counted as silence of the slave; the rest of the time is."""
    observed.registry.register("10.0.0.1", 3000, FULL, at=0)
    observed.registry.compensate_stall(60, at=62)
    observed.registry.expire(at=65)
    assert len(observed.registry.present()) == 1
    observed.registry.expire(at=66)
    assert observed.registry.present() == []


def test_last_heartbeat_is_never_in_the_future(observed: ObservedRegistry) -> None:
    """After a stall, ``last_seen`` is not moved beyond the present."""
    observed.registry.register("10.0.0.1", 3000, FULL, at=61)
    observed.registry.compensate_stall(60, at=62)
    (record,) = observed.registry.present()
    assert record.last_seen == 62


def test_change_is_made_before_it_is_reported() -> None:
    """A change is made before it is reported, and the next one waits for the callback."""
    seen: list[list[str]] = []
    registry = Registry(2.0)
    registry.subscribe(lambda _: seen.append([r.name for r in registry.present()]))
    registry.register("a", 1, FULL, at=0)
    registry.register("b", 1, FULL, at=3)
    registry.expire(at=6)
    registry.deregister("b", 1)
    assert seen == [["a:1"], ["a:1", "b:1"], ["b:1"], []]


def test_mixed_versions_are_named(observed: ObservedRegistry) -> None:
    """A library that present slaves have in two versions is listed; missing slaves don't count."""
    for number, versions in enumerate([{"Pillow": "11.0", "numpy": "2"}, {"Pillow": "10.0"}]):
        capabilities = Capabilities(versions=versions)
        observed.registry.register(f"10.0.0.{number}", 3000, capabilities, at=number * 10)
    assert observed.registry.mixed_versions() == ["Pillow"]
    observed.registry.expire(at=10)
    assert observed.registry.mixed_versions() == []


def test_why_unavailable_without_slaves(observed: ObservedRegistry) -> None:
    """Without present slaves the message is the fixed one that scripts compare."""
    assert observed.registry.why_unavailable("text") == "No slaves available"
    observed.registry.register("10.0.0.1", 3000, FULL, at=0)
    observed.registry.expire(at=60)
    assert observed.registry.why_unavailable("text") == "No slaves available"


def test_why_unavailable_is_none_where_one_slave_can(observed: ObservedRegistry) -> None:
    """One slave that can do the type is enough."""
    observed.registry.register(
        "10.0.0.1", 3000, Capabilities(unavailable={"embedding": "no"}), at=0
    )
    observed.registry.register("10.0.0.2", 3000, FULL, at=0)
    assert observed.registry.why_unavailable("embedding") is None


def test_why_unavailable_gives_each_slaves_reason(observed: ObservedRegistry) -> None:
    """If no slave can do the type, each is named with its reason."""
    for number in (1, 2):
        capabilities = Capabilities(
            task_types=frozenset({"text"}), unavailable={"ocr": f"install Tesseract {number}"}
        )
        observed.registry.register(f"10.0.0.{number}", 3000, capabilities, at=0)
    assert observed.registry.why_unavailable("ocr") == (
        "No slaves available for ocr: 10.0.0.1:3000: install Tesseract 1; "
        "10.0.0.2:3000: install Tesseract 2"
    )


def test_why_unavailable_without_a_reason_says_so(observed: ObservedRegistry) -> None:
    """No reason is made up for slaves that gave none."""
    observed.registry.register("10.0.0.1", 3000, None, at=0)
    assert observed.registry.why_unavailable("embedding") == (
        "No slaves available for embedding: none of those registered says that it can"
    )


def test_very_many_slaves_are_refused(
    observed: ObservedRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the limit new slaves are refused, and registered ones can still send heartbeats."""
    monkeypatch.setattr("master_service.slaves.registry.MAX_SLAVES", 3)
    for port in (3000, 3001, 3002):
        observed.registry.register("10.0.0.1", port, FULL, at=0)
    with pytest.raises(TooManySlaves, match="3 slaves"):
        observed.registry.register("10.0.0.1", 3003, FULL, at=1)
    assert not observed.registry.register("10.0.0.1", 3000, FULL, at=1)
    assert len(observed.registry.present()) == 3


def test_full_registry_removes_a_missing_slave(
    observed: ObservedRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full registry removes the slave that has been missing longest."""
    monkeypatch.setattr("master_service.slaves.registry.MAX_SLAVES", 3)
    for port in (3000, 3001, 3002):
        observed.registry.register("10.0.0.1", port, FULL, at=port - 3000)
    observed.registry.expire(at=7.5)
    assert [record.port for record in observed.registry.missing()] == [3000, 3001]
    assert observed.registry.register("10.0.0.1", 3003, FULL, at=8)
    assert [record.port for record in observed.registry.missing()] == [3001]
    assert [record.port for record in observed.registry.present()] == [3002, 3003]


def test_an_unreachable_slave_stays_registered_with_its_reason(observed: ObservedRegistry) -> None:
    """It stays registered with its reason, and each change of reachability is reported once."""
    registry = observed.registry
    registry.register("10.0.0.1", 3000, FULL, at=0)
    assert not registry.present()[0].probed
    observed.reported()
    for _ in range(2):
        registry.record_probe("10.0.0.1", 3000, "Nothing listens there.")
    assert observed.reported() == [("10.0.0.1:3000", True, False)]
    assert registry.capable_of(frozenset({"text"})) == []
    why = registry.why_unavailable("text")
    assert why == "No slaves available for text: 10.0.0.1:3000: Nothing listens there."
    assert not registry.register("10.0.0.1", 3000, FULL, at=2)
    (record,) = registry.present()
    assert record.probed
    assert slave_state(record, ()) == "unreachable"
    for _ in range(2):
        registry.record_probe("10.0.0.1", 3000, None)
    assert observed.reported() == [("10.0.0.1:3000", False, False)]
    assert registry.why_unavailable("text") is None


def test_a_slave_that_comes_back_is_called_again(observed: ObservedRegistry) -> None:
    """A missing slave that registers again is not called unreachable until it is checked."""
    registry = observed.registry
    registry.register("10.0.0.1", 3000, FULL, at=0)
    registry.record_probe("10.0.0.1", 3000, "Nothing listens there.")
    registry.expire(at=6)
    assert observed.reported()[-1] == ("10.0.0.1:3000", True, True)
    registry.register("10.0.0.1", 3000, FULL, at=7)
    (record,) = registry.present()
    assert (record.probed, record.unreachable) == (False, None)
    assert observed.reported() == [("10.0.0.1:3000", False, False)]


def test_new_capabilities_do_not_make_a_slave_reachable(observed: ObservedRegistry) -> None:
    """Until the master has called it again, an unreachable slave gets no files."""
    registry = observed.registry
    registry.register("10.0.0.1", 3000, FULL, at=0)
    registry.record_probe("10.0.0.1", 3000, "Nothing listens there.")
    observed.reported()
    registry.register("10.0.0.1", 3000, Capabilities(workers=8), at=1)
    assert observed.reported() == []
    assert not registry.present()[0].probed
    registry.record_probe("10.0.0.1", 3000, None)
    assert observed.reported() == [("10.0.0.1:3000", False, False)]


def test_a_check_of_a_slave_that_has_gone_changes_nothing(observed: ObservedRegistry) -> None:
    """The result of a call may arrive after the slave has left or is missing."""
    registry = observed.registry
    registry.record_probe("10.0.0.1", 3000, "Nothing listens there.")
    registry.register("10.0.0.1", 3000, FULL, at=0)
    registry.expire(at=6)
    observed.reported()
    registry.record_probe("10.0.0.1", 3000, "Nothing listens there.")
    assert observed.reported() == []
    assert registry.unreachable_reason("10.0.0.1", 3000) is None


def test_states_of_slaves() -> None:
    """Missing takes precedence over unreachable, unreachable over resting, resting over ready."""
    ready = SlaveRecord("10.0.0.1", 3000, FULL, sends_heartbeats=True, last_seen=0)
    assert slave_state(ready, ()) == "ready"
    assert slave_state(ready, {"10.0.0.1:3000"}) == "resting"
    unreachable = replace(ready, unreachable="Nothing listens there.")
    assert slave_state(unreachable, {"10.0.0.1:3000"}) == "unreachable"
    assert slave_state(replace(unreachable, missing=True), ()) == "missing"


def test_a_heartbeat_does_not_stand_in_for_the_check(observed: ObservedRegistry) -> None:
    """A slave that registers twice before it was called is still to be called."""
    registry = observed.registry
    for at in (0, 0.1):
        registry.register("10.0.0.1", 3000, FULL, at=at)
    assert not registry.present()[0].probed


def test_log_says_what_became_of_a_slave(
    observed: ObservedRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    """An unreachable slave that deregisters is logged as deregistered, not as unreachable again."""
    caplog.set_level("INFO")
    registry = observed.registry
    registry.register("10.0.0.1", 3000, FULL, at=0)
    registry.record_probe("10.0.0.1", 3000, "Nothing listens there.")
    assert registry.registered_for(frozenset({"text"})) == ["10.0.0.1:3000"]
    registry.deregister("10.0.0.1", 3000)
    assert observed.reported()[-1] == ("10.0.0.1:3000", True, False)
    registry.register("10.0.0.1", 3000, FULL, at=1)
    registry.expire(at=100)
    assert caplog.messages == [
        "slave 10.0.0.1:3000 is available: 4 workers",
        "slave 10.0.0.1:3000 is unreachable: Nothing listens there.",
        "slave 10.0.0.1:3000 has deregistered",
        "slave 10.0.0.1:3000 is available: 4 workers",
        "slave 10.0.0.1:3000 is missing",
    ]
