"""The description of the API is true, whatever is asked: so says a program that asks by it."""

import sys
from pathlib import Path

import pytest

from tests.fuzz.campaign import Found, run

pytestmark = pytest.mark.skipif(sys.version_info < (3, 11), reason="Schemathesis needs 3.11")
EXAMPLES = 6
SEED = 1


def test_answers_are_as_described(tmp_path: Path) -> None:
    """Proper and improper requests get answers of the described status, type and shape.

    And never a 500; nothing in the logs is an error, and files are processed afterwards.
    """
    check(run(tmp_path, SEED, EXAMPLES, token=False))


def test_friends_get_the_same(tmp_path: Path) -> None:
    """With the token it is no different."""
    check(run(tmp_path, SEED, EXAMPLES, token=True, phases="fuzzing,stateful"))


def test_strangers_learn_nothing(tmp_path: Path) -> None:
    """Without the token each answer is as described too: a 401, or one of the open calls."""
    check(run(tmp_path, SEED, EXAMPLES, token=True, known=False, phases="fuzzing"))


def check(found: Found) -> None:
    assert found.is_well, found.report
    assert found.faults == ()
