"""Parses the options of a job: one JSON object in the form field ``options``.

Each task type declares its options in ``task_types``. The declaration is the source of the checks
in master and slave, of the API's description and of the client's ``--option``.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from protocol.wire import json_value

FIELD = "options"
"""The form field of ``/assign_task``, ``/jobs`` and a slave's ``/get_task``."""
MAX_CHARACTERS = 10_000
Options = Mapping[str, str]
"""Values by the names of the options, as ``parse`` returns them."""


def one_of(*values: str) -> Callable[[str], str]:
    """Return the check of an option that is one of ``values``, in any case."""
    described = " or ".join(values) if len(values) == 2 else f"one of {', '.join(values)}"

    def parse(text: str) -> str:
        value = text.strip().lower()
        if value not in values:
            raise ValueError(f"must be {described}, not {text[:60]!r}")
        return value

    return parse


def features_by_value(table: Mapping[str, Collection[str]]) -> Callable[[str], frozenset[str]]:
    """Return the ``features`` of an option whose values need those of a table, or none."""
    return lambda value: frozenset(table.get(value, ()))


_NO_FEATURES = features_by_value({})


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a task type; every value is a text."""

    name: str
    keyword: str
    """The keyword argument of the processor that it sets."""
    parse: Callable[[str], str]
    """Returns the value in its normal form; raises ``ValueError`` with what it must be."""
    description: str
    example: str
    features: Callable[[str], frozenset[str]] = _NO_FEATURES
    """Returns which features a slave must have for the value, such as ``ocr:deu``."""
    saved_names: Mapping[str, str] = field(default_factory=dict)
    """By value: the template of the saved file's name, where it is another one."""


def parse(text: str, declared: Sequence[Option]) -> Options:
    """Return the options in a form field; raise ``ValueError`` with a sentence.

    An empty field is the same as none.
    """
    if not text.strip():
        return {}
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"The field {FIELD!r} may have {MAX_CHARACTERS:,} characters at most.")
    try:
        value = json_value(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ValueError(
            f"The field {FIELD!r} must be a JSON object, such as {_example(declared)}."
        )
    return check(value, declared)


def check(values: Mapping[str, object], declared: Sequence[Option]) -> Options:
    """Return the values in their normal form; raise ``ValueError`` with a sentence."""
    by_name = {option.name: option for option in declared}
    checked = {}
    for name, value in values.items():
        option = by_name.get(name)
        if option is None:
            known = f"its options: {', '.join(by_name)}" if by_name else "it has none"
            raise ValueError(f"The task type has no option {name[:60]!r} ({known}).")
        if not isinstance(value, str):
            raise ValueError(f"The option {name} must be a text, such as {option.example!r}.")
        try:
            checked[name] = option.parse(value)
        except ValueError as error:
            raise ValueError(f"The option {name} {error}.") from None
    return dict(sorted(checked.items()))


def keywords(values: Options, declared: Sequence[Option]) -> dict[str, str]:
    """Return the keyword arguments of the processor for these values."""
    by_name = {option.name: option for option in declared}
    return {by_name[name].keyword: value for name, value in values.items()}


def features(values: Options, declared: Sequence[Option]) -> frozenset[str]:
    """Return all features that a slave must have for these values."""
    by_name = {option.name: option for option in declared}
    return frozenset().union(*(by_name[name].features(value) for name, value in values.items()))


def described(task_type: str, needed: frozenset[str]) -> str:
    """Return a task type and the features that it needs, for a sentence: ``ocr with deu``."""
    names = [feature.partition(":")[2] for feature in sorted(needed)]
    return f"{task_type} with {' and '.join(names)}" if names else task_type


def _example(declared: Sequence[Option]) -> str:
    return json.dumps({option.name: option.example for option in declared[:1]})
