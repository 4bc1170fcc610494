"""Three seeds of the chaos campaign (``make chaos``), which together have every kind of fault."""

from collections.abc import Iterator

import pytest

from tests.chaos.campaign import Campaign
from tests.chaos.cluster import why_not_possible
from tests.chaos.schedule import KINDS, schedule

SEEDS = (176, 316, 288)

pytestmark = pytest.mark.skipif(why_not_possible() is not None, reason=str(why_not_possible()))


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    """One cluster for all seeds."""
    campaign = Campaign(tmp_path_factory.mktemp("chaos"))
    yield campaign
    campaign.stop()


def test_the_seeds_have_every_kind_of_fault() -> None:
    """``make test`` has every kind of fault (a full disk only as root)."""
    assert {fault.kind for seed in SEEDS for fault in schedule(seed).faults} == KINDS


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost(campaign: Campaign, seed: int) -> None:
    """Each file has one final state and the right result, and the cluster works afterwards."""
    verdict = campaign.run(seed)
    assert verdict.violations == [], f"logs: {campaign.kept(seed)}"
