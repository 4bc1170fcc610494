"""Two hundred files of the hostile corpus (``make hostile``), every cheap bomb among them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile import bombs, corpus
from tests.hostile.campaign import Campaign
from tests.hostile.report import Report
from tests.hostile.stage import staged, why_impossible

FILES, SEED, LONGEST = 200, 1, 10_000

pytestmark = pytest.mark.skipif(why_impossible() is not None, reason=str(why_impossible()))


def chosen() -> list[corpus.Plan]:
    """Return each cheap bomb once, for one of its types, and damaged files up to the number."""
    some: dict[str, corpus.Plan] = {}
    others: list[corpus.Plan] = []
    for plan in (corpus.plan(SEED, number) for number in range(LONGEST)):
        if plan.bomb is None:
            others.append(plan)
        elif not plan.bomb.is_dear:
            some.setdefault(plan.bomb.name, plan)
    plans = [*some.values(), *others[: max(0, FILES - len(some))]]
    return sorted(plans, key=lambda plan: plan.number)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Report]:
    """What the campaign saw."""
    folder: Path = tmp_path_factory.mktemp("hostile")
    with staged(folder / "stage") as stage:
        campaign = Campaign(stage, SEED)
        campaign.report.keep = folder / "complaints"
        yield campaign.run(chosen(), lambda _: None)


def test_every_cheap_bomb_is_among_them() -> None:
    """What can be tried in seconds is tried in every ``make test``."""
    cheap = {bomb.name for bomb in bombs.BOMBS if not bomb.is_dear}
    assert {plan.bomb.name for plan in chosen() if plan.bomb} == cheap


def test_every_file_ends_with_a_reason_and_the_cluster_stays_well(report: Report) -> None:
    """Hostile files end in time, harm nobody else, and leave nothing behind."""
    assert report.complaints == [], "\n".join(report.lines())
    assert report.files >= FILES
