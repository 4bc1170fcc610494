"""Schemathesis asks every call of the API's description, and checks the answers against it."""

import sys
from collections.abc import Iterator

import pytest

from scripts.local_cluster import LocalCluster
from tests.fuzz.campaign import Found, fuzzed_cluster, run

pytestmark = pytest.mark.skipif(sys.version_info < (3, 11), reason="Schemathesis needs 3.11")
EXAMPLES = 6
SEED = 1


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """A cluster with a token; ``make fuzz`` also asks one without."""
    with fuzzed_cluster(tmp_path_factory.mktemp("fuzz"), token=True) as cluster:
        yield cluster


def test_answers_are_as_described(guarded: LocalCluster) -> None:
    """With the token, valid and invalid requests get answers of the described status and schema.

    And never a 500; nothing in the logs is an error, and files are processed afterwards.
    """
    check(run(guarded, SEED, EXAMPLES))


def test_refusals_are_as_described(guarded: LocalCluster) -> None:
    """Without the token each answer is as described too: a 401, or that of an open call."""
    check(run(guarded, SEED, EXAMPLES, known=False, phases="fuzzing"))


def check(found: Found) -> None:
    assert found.is_well, found.report
    assert found.faults == ()
