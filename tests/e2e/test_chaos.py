"""Five seeds of the chaos campaign (``make chaos``) that together hold every kind of trouble."""

from collections.abc import Iterator

import pytest

from tests.chaos.campaign import Campaign
from tests.chaos.schedule import KINDS, schedule
from tests.chaos.stage import why_impossible

SEEDS = (176, 316, 288, 76, 96)

pytestmark = pytest.mark.skipif(why_impossible() is not None, reason=str(why_impossible()))


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    """A cluster that is kept from seed to seed."""
    campaign = Campaign(tmp_path_factory.mktemp("chaos"))
    yield campaign
    campaign.stop()


def test_the_seeds_hold_every_kind_of_trouble() -> None:
    """What can happen in a campaign happens in every ``make test`` (a full disk: as root)."""
    assert {trouble.kind for seed in SEEDS for trouble in schedule(seed).troubles} == KINDS


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost(campaign: Campaign, seed: int) -> None:
    """Whatever happens, every file has its one end, its right result, and all is well after."""
    verdict = campaign.run(seed)
    assert verdict.complaints == [], f"logs: {campaign.kept(seed)}"
