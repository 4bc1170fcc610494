"""Who is in the registry, who is missing, and who hears of it."""

from dataclasses import replace

import pytest

from master_service.errors import TooManySlaves
from master_service.slaves.registry import (
    SINGLE_PASS_TASK_TYPES,
    Capabilities,
    Change,
    Registry,
    SlaveRecord,
    slave_state,
)
from protocol.task_types import TASK_TYPES

FULL = Capabilities(workers=4, task_types=frozenset(TASK_TYPES), versions={"Pillow": "11.0"})


class Watched:
    """A registry with an interval of two seconds, and all that it has told."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.registry = Registry(2.0, self.changes.append)

    def told(self) -> list[tuple[str, bool, bool]]:
        """Return and forget what was told: name, gone, lost."""
        told = [(change.record.name, change.gone, change.lost) for change in self.changes]
        self.changes.clear()
        return told


@pytest.fixture
def watched() -> Watched:
    """An empty registry."""
    return Watched()


def test_first_registration_is_told_once(watched: Watched) -> None:
    """A new slave is news; its beats are not."""
    assert watched.registry.register("10.0.0.1", 3000, FULL, at=0)
    assert not watched.registry.register("10.0.0.1", 3000, FULL, at=2)
    assert watched.told() == [("10.0.0.1:3000", False, False)]


def test_slave_is_known_by_address_and_port(watched: Watched) -> None:
    """Two slaves on one computer are two, listed in the order in which they came."""
    for port in (3001, 3000):
        watched.registry.register("10.0.0.1", port, FULL, at=0)
    assert [record.port for record in watched.registry.present()] == [3001, 3000]


def test_name_of_an_ipv6_slave_can_stand_in_a_url() -> None:
    """The colons of an IPv6 address are kept apart from that of the port."""
    watched = Watched()
    watched.registry.register("::1", 3000, FULL, at=0)
    assert watched.told() == [("[::1]:3000", False, False)]


def test_changed_details_are_news(watched: Watched) -> None:
    """A slave that can do more, or less, than before is told of again."""
    watched.registry.register("10.0.0.1", 3000, FULL, at=0)
    watched.registry.register("10.0.0.1", 3000, Capabilities(workers=8), at=1)
    assert [change.record.capabilities.workers for change in watched.changes] == [4, 8]


def test_three_silent_intervals_make_a_slave_missing_and_lost_once(watched: Watched) -> None:
    """A slave is present for less than three intervals of silence, then lost, told once."""
    watched.registry.register("10.0.0.1", 3000, FULL, at=0)
    watched.told()
    watched.registry.sweep(at=5.9)
    assert watched.told() == []
    watched.registry.sweep(at=6.0)
    watched.registry.sweep(at=6.25)
    watched.registry.sweep(at=100)
    assert watched.told() == [("10.0.0.1:3000", True, True)]
    assert watched.registry.present() == []
    assert [record.name for record in watched.registry.missing()] == ["10.0.0.1:3000"]


@pytest.mark.parametrize("details", [FULL, None])
def test_beat_brings_a_missing_slave_back(watched: Watched, details: Capabilities | None) -> None:
    """A beat of a missing slave is news, with or without extras, and it is as able as before."""
    watched.registry.register("10.0.0.1", 3000, FULL, at=0)
    watched.registry.sweep(at=60)
    watched.told()
    assert watched.registry.register("10.0.0.1", 3000, details, at=61)
    assert watched.told() == [("10.0.0.1:3000", False, False)]
    (record,) = watched.registry.present()
    assert record.capabilities == FULL
    assert watched.registry.missing() == []


def test_beat_without_extras_keeps_them(watched: Watched) -> None:
    """Repeating the two fields alone changes nothing but when the slave was last seen."""
    watched.registry.register("10.0.0.1", 3000, FULL, at=0)
    assert not watched.registry.register("10.0.0.1", 3000, None, at=1)
    (record,) = watched.registry.present()
    assert (record.capabilities, record.sends_heartbeats, record.last_seen) == (FULL, True, 1)


def test_two_fields_alone_mean_every_type_but_embedding(watched: Watched) -> None:
    """A slave of another make can do all that needs one pass, and has to be asked."""
    watched.registry.register("10.0.0.1", 3000, None, at=0)
    (record,) = watched.registry.present()
    assert (
        record.capabilities.task_types
        == TASK_TYPES.keys() - {"embedding"}
        == SINGLE_PASS_TASK_TYPES
    )
    assert not record.sends_heartbeats


def test_extras_that_come_later_count(watched: Watched) -> None:
    """A slave first known by two fields can still say more, and then beats by itself."""
    watched.registry.register("10.0.0.1", 3000, None, at=0)
    assert watched.registry.register("10.0.0.1", 3000, FULL, at=1)
    (record,) = watched.registry.present()
    assert (record.capabilities, record.sends_heartbeats) == (FULL, True)


def test_answer_to_a_question_is_a_beat(watched: Watched) -> None:
    """A slave that answers when it is asked stays, or comes back."""
    watched.registry.register("10.0.0.1", 3000, None, at=0)
    watched.registry.record_answer("10.0.0.1", 3000, at=5)
    watched.registry.sweep(at=7)
    assert len(watched.registry.present()) == 1
    watched.registry.sweep(at=20)
    watched.told()
    watched.registry.record_answer("10.0.0.1", 3000, at=21)
    assert watched.told() == [("10.0.0.1:3000", False, False)]


def test_late_answer_of_a_slave_that_has_left_does_not_bring_it_back(watched: Watched) -> None:
    """A slave that is not in the registry is not put there by an answer."""
    watched.registry.register("10.0.0.1", 3000, None, at=0)
    watched.registry.leave("10.0.0.1", 3000)
    watched.registry.record_answer("10.0.0.1", 3000, at=1)
    assert watched.registry.present() == []


def test_slave_that_leaves_is_gone_but_not_lost(watched: Watched) -> None:
    """Leaving in good order is told once, and the slave is neither present nor missing."""
    watched.registry.register("10.0.0.1", 3000, FULL, at=0)
    watched.told()
    watched.registry.leave("10.0.0.1", 3000)
    watched.registry.leave("10.0.0.1", 3000)
    assert watched.told() == [("10.0.0.1:3000", True, False)]
    assert watched.registry.present() == watched.registry.missing() == []


def test_slave_gone_for_an_hour_is_forgotten(watched: Watched) -> None:
    """A missing slave is shown for an hour, and no longer."""
    watched.registry.register("10.0.0.1", 3000, FULL, at=0)
    watched.registry.sweep(at=10)
    watched.registry.sweep(at=3599)
    assert len(watched.registry.missing()) == 1
    watched.registry.sweep(at=3600)
    assert watched.registry.missing() == []


def test_time_the_master_was_late_is_no_silence(watched: Watched) -> None:
    """A master that stood still for a minute takes that minute off, and still counts the rest."""
    watched.registry.register("10.0.0.1", 3000, FULL, at=0)
    watched.registry.compensate_stall(60, at=62)
    watched.registry.sweep(at=65)
    assert len(watched.registry.present()) == 1
    watched.registry.sweep(at=66)
    assert watched.registry.present() == []


def test_no_slave_is_heard_from_in_the_future(watched: Watched) -> None:
    """A slave that was heard after the master stood still is not seen later than now."""
    watched.registry.register("10.0.0.1", 3000, FULL, at=61)
    watched.registry.compensate_stall(60, at=62)
    (record,) = watched.registry.present()
    assert record.last_seen == 62


def test_who_is_told_sees_the_registry_as_it_is_now() -> None:
    """When a change is told it has already been made, and others wait until it has been heard."""
    seen: list[list[str]] = []
    registry = Registry(2.0, lambda _: seen.append([r.name for r in registry.present()]))
    registry.register("a", 1, FULL, at=0)
    registry.register("b", 1, FULL, at=3)
    registry.sweep(at=6)
    registry.leave("b", 1)
    assert seen == [["a:1"], ["a:1", "b:1"], ["b:1"], []]


def test_mixed_versions_are_named(watched: Watched) -> None:
    """A library that present slaves have in two versions is named; missing slaves don't count."""
    for number, versions in enumerate([{"Pillow": "11.0", "numpy": "2"}, {"Pillow": "10.0"}]):
        details = Capabilities(versions=versions)
        watched.registry.register(f"10.0.0.{number}", 3000, details, at=number * 10)
    assert watched.registry.mixed_versions() == ["Pillow"]
    watched.registry.sweep(at=10)
    assert watched.registry.mixed_versions() == []


def test_why_unavailable_with_nobody_there(watched: Watched) -> None:
    """Without any slave the reason is the one that scripts know."""
    assert watched.registry.why_unavailable("text") == "No slaves available"
    watched.registry.register("10.0.0.1", 3000, FULL, at=0)
    watched.registry.sweep(at=60)
    assert watched.registry.why_unavailable("text") == "No slaves available"


def test_why_unavailable_is_none_where_one_slave_can(watched: Watched) -> None:
    """One slave that can do the type is enough."""
    watched.registry.register("10.0.0.1", 3000, Capabilities(unavailable={"embedding": "no"}), at=0)
    watched.registry.register("10.0.0.2", 3000, FULL, at=0)
    assert watched.registry.why_unavailable("embedding") is None


def test_why_unavailable_gives_each_slaves_reason(watched: Watched) -> None:
    """Where slaves are there but none can, the answer names each with what it says is missing."""
    for number in (1, 2):
        details = Capabilities(
            task_types=frozenset({"text"}), unavailable={"ocr": f"install Tesseract {number}"}
        )
        watched.registry.register(f"10.0.0.{number}", 3000, details, at=0)
    assert watched.registry.why_unavailable("ocr") == (
        "No slaves available for ocr: 10.0.0.1:3000: install Tesseract 1; "
        "10.0.0.2:3000: install Tesseract 2"
    )


def test_why_unavailable_without_a_reason_says_so(watched: Watched) -> None:
    """Slaves that have said nothing of the type are not given words."""
    watched.registry.register("10.0.0.1", 3000, None, at=0)
    assert watched.registry.why_unavailable("embedding") == (
        "No slaves available for embedding: none of those registered says that it can"
    )


def test_very_many_slaves_are_refused(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit nobody new is taken, while those that are known go on beating."""
    monkeypatch.setattr("master_service.slaves.registry.MAX_SLAVES", 3)
    for port in (3000, 3001, 3002):
        watched.registry.register("10.0.0.1", port, FULL, at=0)
    with pytest.raises(TooManySlaves, match="3 slaves"):
        watched.registry.register("10.0.0.1", 3003, FULL, at=1)
    assert not watched.registry.register("10.0.0.1", 3000, FULL, at=1)
    assert len(watched.registry.present()) == 3


def test_missing_slaves_make_room(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """Registrations that nobody stands behind keep no real slave out for an hour."""
    monkeypatch.setattr("master_service.slaves.registry.MAX_SLAVES", 3)
    for port in (3000, 3001, 3002):
        watched.registry.register("10.0.0.1", port, FULL, at=port - 3000)
    watched.registry.sweep(at=7.5)
    assert [record.port for record in watched.registry.missing()] == [3000, 3001]
    assert watched.registry.register("10.0.0.1", 3003, FULL, at=8)
    assert [record.port for record in watched.registry.missing()] == [3001]
    assert [record.port for record in watched.registry.present()] == [3002, 3003]


def test_an_unreachable_slave_is_given_no_work_and_says_why(watched: Watched) -> None:
    """It stays registered with its reason, can do nothing, and is told of once on each change."""
    registry = watched.registry
    registry.register("10.0.0.1", 3000, FULL, at=0)
    assert not registry.present()[0].checked
    watched.told()
    for _ in range(2):
        registry.record_check("10.0.0.1", 3000, "Nothing listens there.")
    assert watched.told() == [("10.0.0.1:3000", True, False)]
    assert registry.capable_of("text") == []
    why = registry.why_unavailable("text")
    assert why == "No slaves available for text: 10.0.0.1:3000: Nothing listens there."
    assert not registry.register("10.0.0.1", 3000, FULL, at=2)
    (record,) = registry.present()
    assert record.checked
    assert slave_state(record, ()) == "unreachable"
    for _ in range(2):
        registry.record_check("10.0.0.1", 3000, None)
    assert watched.told() == [("10.0.0.1:3000", False, False)]
    assert registry.why_unavailable("text") is None


def test_a_slave_that_comes_back_is_called_again(watched: Watched) -> None:
    """A slave that was unreachable, and then silent, is checked anew when it registers again."""
    registry = watched.registry
    registry.register("10.0.0.1", 3000, FULL, at=0)
    registry.record_check("10.0.0.1", 3000, "Nothing listens there.")
    registry.sweep(at=6)
    assert watched.told()[-1] == ("10.0.0.1:3000", True, True)
    registry.register("10.0.0.1", 3000, FULL, at=7)
    (record,) = registry.present()
    assert (record.checked, record.unreachable) == (False, None)
    assert watched.told() == [("10.0.0.1:3000", False, False)]


def test_new_abilities_do_not_make_a_slave_reachable(watched: Watched) -> None:
    """Until the master has called it again, an unreachable slave is given nothing."""
    registry = watched.registry
    registry.register("10.0.0.1", 3000, FULL, at=0)
    registry.record_check("10.0.0.1", 3000, "Nothing listens there.")
    watched.told()
    registry.register("10.0.0.1", 3000, Capabilities(workers=8), at=1)
    assert watched.told() == []
    assert not registry.present()[0].checked
    registry.record_check("10.0.0.1", 3000, None)
    assert watched.told() == [("10.0.0.1:3000", False, False)]


def test_a_check_of_a_slave_that_has_gone_changes_nothing(watched: Watched) -> None:
    """The answer to a call may come when the slave has left, or is missing."""
    registry = watched.registry
    registry.record_check("10.0.0.1", 3000, "Nothing listens there.")
    registry.register("10.0.0.1", 3000, FULL, at=0)
    registry.sweep(at=6)
    watched.told()
    registry.record_check("10.0.0.1", 3000, "Nothing listens there.")
    assert watched.told() == []
    assert registry.unreachable_reason("10.0.0.1", 3000) is None


def test_states_of_slaves() -> None:
    """A slave is in one state: missing before unreachable, before resting, before ready."""
    ready = SlaveRecord("10.0.0.1", 3000, FULL, sends_heartbeats=True, last_seen=0)
    assert slave_state(ready, ()) == "ready"
    assert slave_state(ready, {"10.0.0.1:3000"}) == "resting"
    unreachable = replace(ready, unreachable="Nothing listens there.")
    assert slave_state(unreachable, {"10.0.0.1:3000"}) == "unreachable"
    assert slave_state(replace(unreachable, missing=True), ()) == "missing"
