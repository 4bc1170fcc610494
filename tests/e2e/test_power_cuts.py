"""Three losses of power of the campaign (``make power-cuts``), and one that loses something."""

from collections.abc import Iterator

import pytest

from tests.power_cuts.campaign import Campaign, running_campaign
from tests.power_cuts.power import why_not_possible

SEEDS = (102, 104, 106)
"""All that was not synced is lost; the power is cut again at the next start; some is left, torn."""

pytestmark = pytest.mark.skipif(why_not_possible() is not None, reason=str(why_not_possible()))


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    """One cluster for all cuts."""
    with running_campaign(tmp_path_factory.mktemp("power") / "cuts", SEEDS[0]) as campaign:
        yield campaign


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_answered_for_survives(campaign: Campaign, seed: int) -> None:
    """Accepted files, results, started and cancelled jobs, and idempotency keys are still there."""
    cut = campaign.run(seed)
    assert cut.answers
    assert cut.violations == [], cut


def test_without_syncs_it_does_not(campaign: Campaign) -> None:
    """With ``DURABILITY=process``, a loss of power loses what was answered for."""
    campaign.begin_anew("process")
    assert campaign.run(SEEDS[0]).violations
