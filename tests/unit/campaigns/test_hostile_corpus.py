"""The hostile corpus: reproducible, and with every crafted file."""

import zlib
from collections import Counter
from random import Random

import pytest

from protocol.task_types import TASK_TYPES
from tests.hostile import corpus, crafted, good_pictures, mutations, names, png_edits
from tests.hostile.campaign import jobs
from tests.hostile.good_sounds import make as good_sounds
from tests.hostile.ogg import pages, summed

FIRST, WHOLE = range(300), range(10_000)


@pytest.fixture(scope="module")
def plans() -> list[corpus.Plan]:
    """What a campaign of ten thousand files is made of."""
    return [corpus.plan(1, number) for number in WHOLE]


@pytest.mark.slow
def test_the_same_number_gives_the_same_file() -> None:
    """A seed and a number give the same file, alone and in any order."""
    some = [
        n
        for n in FIRST
        if (crafted_file := corpus.plan(1, n).crafted_file) is None or not crafted_file.is_slow
    ]
    forward = {number: corpus.make(corpus.plan(1, number)) for number in some}
    backward = {number: corpus.make(corpus.plan(1, number)) for number in reversed(some)}
    assert forward == backward


def test_good_files_are_the_same_whenever_made() -> None:
    """The valid files do not depend on the clock or on chance."""
    assert good_pictures.make() == good_pictures.make()
    assert good_sounds() == good_sounds()


def test_another_seed_gives_other_files() -> None:
    """Campaigns of different seeds send different files."""
    numbers = [n for n in range(60) if corpus.plan(1, n).origin == "damaged"]
    one, other = ([corpus.make(corpus.plan(s, n)).data for n in numbers] for s in (1, 2))
    assert sum(a == b for a, b in zip(one, other, strict=True)) < len(numbers) // 4


def test_ten_thousand_files_have_every_crafted_file(plans: list[corpus.Plan]) -> None:
    """Each crafted file occurs for each of its task types."""
    held = {(plan.task_type, plan.crafted_file.name) for plan in plans if plan.crafted_file}
    wanted = {
        (task_type, crafted_file.name)
        for crafted_file in crafted.FILES
        for task_type in crafted_file.task_types
    }
    assert held == wanted


def test_names_of_crafted_files_are_unique() -> None:
    """No two crafted files have the same name, and the list of slow ones names existing ones."""
    counts = Counter(crafted_file.name for crafted_file in crafted.FILES)
    assert set(counts.values()) == {1}
    assert counts.keys() >= crafted.SLOW


def test_every_task_type_has_its_share(plans: list[corpus.Plan]) -> None:
    """Every type occurs, and most files are damaged ones."""
    counts = Counter(plan.task_type for plan in plans)
    assert set(counts) == set(TASK_TYPES)
    assert min(counts.values()) >= 500
    assert Counter(plan.origin for plan in plans)["damaged"] > 7000


def test_jobs_are_of_one_type_and_lose_nothing() -> None:
    """Every file of the corpus is in exactly one job, beside others of its type."""
    some = [corpus.plan(1, n) for n in FIRST if corpus.plan(1, n).crafted_file is None]
    made = list(jobs(some))
    assert all(len({case.task_type for case in job}) == 1 for job in made)
    assert max(len(job) for job in made) <= 100
    assert sorted(case.number for job in made for case in job) == [p.number for p in some]


@pytest.mark.parametrize("task_type", TASK_TYPES)
def test_damage_changes_the_file_nearly_always(task_type: str) -> None:
    """Damaged files differ from the valid ones."""
    good = corpus.good(task_type)
    changed = 0
    for number, name in enumerate(sorted(good) * 4):
        random = Random(number)  # noqa: S311 (to be repeatable is the point)
        changed += mutations.mutated(random, good[name], list(good.values()))[0] != good[name]
    assert changed > 0.8 * 4 * len(good)


def test_a_damaged_png_has_valid_checksums() -> None:
    """The damage is inside the chunks, which decoders read after they check the checksums."""
    good = good_pictures.make()["color.png"]
    for number in range(50):
        random = Random(number)  # noqa: S311 (to be repeatable is the point)
        damaged = png_edits.edit_chunk(random, good)
        found = png_edits.chunks(damaged)
        whole = b"".join(png_edits.chunk(name, inside) for name, inside in found)
        assert png_edits.SIGNATURE + whole == damaged
    assert zlib.crc32(b"IEND") == int.from_bytes(good[-4:], "big")


def test_ogg_pages_have_valid_checksums() -> None:
    """The computed checksums equal those that libsndfile writes."""
    data = good_sounds()["opus.ogg"]
    assert b"".join(summed(page) for page in pages(data)) == data


def test_every_kind_of_hostile_name_is_made() -> None:
    """No name is empty, which would be no upload, and every kind occurs."""
    made = [names.hostile(kind, number) for kind in range(names.KINDS) for number in range(20)]
    assert all(made)
    for odd in ("..\\", "../", "\r\n", "\x00", "\u202e", "\ud83d", "%00", '"', "CON"):
        assert any(odd in name for name in made), odd
