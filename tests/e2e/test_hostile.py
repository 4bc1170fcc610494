"""Two hundred files of the hostile corpus (``make hostile``), with every fast crafted file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile import corpus, crafted
from tests.hostile.campaign import Campaign
from tests.hostile.cluster import running_cluster, why_not_possible
from tests.hostile.report import Report

FILES, SEED, LONGEST = 200, 1, 10_000

pytestmark = pytest.mark.skipif(why_not_possible() is not None, reason=str(why_not_possible()))


def chosen() -> list[corpus.Plan]:
    """Return each fast crafted file once, for one of its types, and ``FILES`` files in all."""
    some: dict[str, corpus.Plan] = {}
    others: list[corpus.Plan] = []
    for plan in (corpus.plan(SEED, number) for number in range(LONGEST)):
        if plan.crafted_file is None:
            others.append(plan)
        elif not plan.crafted_file.is_slow:
            some.setdefault(plan.crafted_file.name, plan)
    plans = [*some.values(), *others[: max(0, FILES - len(some))]]
    return sorted(plans, key=lambda plan: plan.number)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Report]:
    """The report of the campaign."""
    folder: Path = tmp_path_factory.mktemp("hostile")
    with running_cluster(folder / "cluster") as cluster:
        campaign = Campaign(cluster, SEED)
        campaign.report.keep = folder / "violations"
        yield campaign.run(chosen(), lambda _: None)


def test_every_fast_crafted_file_is_sent() -> None:
    """``make test`` sends every crafted file that is fast."""
    fast = {crafted_file.name for crafted_file in crafted.FILES if not crafted_file.is_slow}
    assert {plan.crafted_file.name for plan in chosen() if plan.crafted_file} == fast


@pytest.mark.timeout(400)
def test_every_file_ends_with_a_reason_and_the_cluster_works(report: Report) -> None:
    """Malicious files end in time, affect no other file, and leave nothing behind."""
    assert report.violations == [], "\n".join(report.lines())
    assert report.files >= FILES
