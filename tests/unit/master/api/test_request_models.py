"""Requests are checked by their models; each refusal is one sentence."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from master_service.api.models.cluster import SlaveAddress, SlaveRegistration
from master_service.api.models.jobs import (
    AssignTaskHeaders,
    ExcludedSlave,
    IdempotencyHeaders,
    JobListQuery,
    JobQuery,
    NewJob,
)
from master_service.api.request_parsing import check
from master_service.errors import InvalidRequest

BODIES: tuple[type[BaseModel], ...] = (NewJob, ExcludedSlave, SlaveAddress, SlaveRegistration)
MODELS: tuple[type[BaseModel], ...] = (*BODIES, JobListQuery, JobQuery, AssignTaskHeaders)


def refusal(model: type[BaseModel], content: object) -> str:
    """Return why the content is refused."""
    with pytest.raises(InvalidRequest) as found:
        check(model, content)
    return str(found.value)


def checked_fields() -> Iterator[tuple[type[BaseModel], str]]:
    """Yield each field that not every value fits, with its model."""
    for model in MODELS:
        for name, field in model.model_fields.items():
            if name != "contract_version":  # has a refusal of its own
                yield model, field.alias or name


@pytest.mark.parametrize(("model", "name"), list(checked_fields()))
def test_refusal_names_the_field(model: type[BaseModel], name: str) -> None:
    """Any field of a wrong type is refused in a sentence that names it."""
    valid = {"slave_ip": "127.0.0.1", "slave_port": 3000, "task_type": "text"}
    content = valid | {name: {"a": 1}}
    assert refusal(model, content).startswith(f"{name} must be ")


@pytest.mark.parametrize("text", ["0", "0012", "1000"])
def test_page_is_numbers_in_digits(text: str) -> None:
    """Offset and limit are whole numbers, written in digits."""
    assert check(JobListQuery, {"limit": text, "offset": text}).limit == int(text)


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", " 1", "1.0", "1e3", "1_0", "1001", "９", "9" * 17]
)
def test_other_pages_are_refused(text: str) -> None:
    """A limit that is no number, or too high a one, is refused with what it may be."""
    assert refusal(JobListQuery, {"limit": text}) == "limit must be a whole number from 0 to 1000."


def test_page_has_defaults() -> None:
    """Without parameters the first page is meant, and unknown parameters are ignored."""
    jobs, files = check(JobListQuery, {"more": "1"}), check(JobQuery, {})
    assert (jobs.offset, jobs.limit, jobs.id_prefix) == (0, 100, None)
    assert (files.offset, files.limit, files.state, files.code) == (0, 1000, None, None)


def test_unknown_state_is_refused_with_the_known_ones() -> None:
    """A state that no file has is refused with those that files have."""
    expected = "state must be one of queued, running, done, failed, cancelled."
    assert refusal(JobQuery, {"state": "lost"}) == expected


@pytest.mark.parametrize("key", ["", " a", "a ", "a\nb", "é", "a" * 256])
def test_malformed_idempotency_keys_are_refused(key: str) -> None:
    """A key is printable ASCII, and neither begins nor ends with a space."""
    expected = "Idempotency-Key must be 1 to 255 printable characters of ASCII."
    assert refusal(IdempotencyHeaders, {"Idempotency-Key": key}) == expected


@pytest.mark.parametrize("key", ["a", "a b", "~" * 255])
def test_idempotency_keys_are_kept(key: str) -> None:
    """A well-formed key is kept as it was sent."""
    assert check(IdempotencyHeaders, {"Idempotency-Key": key}).idempotency_key == key


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({}, False),
        ({"Prefer": "respond-async"}, True),
        ({"Prefer": "wait=10, Respond-Async; x=1"}, True),
        ({"Prefer": "respond-asynchronously"}, False),
    ],
)
def test_preference_for_an_answer_at_once(header: dict[str, str], expected: bool) -> None:
    """``respond-async`` counts among other preferences and with parameters (RFC 7240)."""
    assert check(AssignTaskHeaders, header).respond_async is expected


@pytest.mark.parametrize("content", [None, [], "text", 7, {}, {"more": 1}])
def test_body_without_its_parts_is_refused_with_an_example(content: Any) -> None:
    """A body that is not an object, or lacks a part, is refused with one that is right."""
    assert refusal(NewJob, content) == (
        'The body must be JSON with task_type: {"task_type": "text"}.'
    )
