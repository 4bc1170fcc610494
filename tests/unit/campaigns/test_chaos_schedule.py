"""Chaos can be repeated: a seed always draws the same run, and the seeds between them draw all."""

from itertools import pairwise

from tests.chaos.schedule import BAD, KINDS, POOL, Way, schedule

SEEDS = range(50)


def test_a_seed_draws_the_same_run_again() -> None:
    """Nothing but the seed has a say; another seed draws another run."""
    assert [schedule(seed) for seed in SEEDS] == [schedule(seed) for seed in SEEDS]
    assert len({schedule(seed).as_json() for seed in SEEDS}) == len(SEEDS)


def test_the_run_of_a_seed_stays_what_it_was() -> None:
    """A seed noted today means the same run tomorrow, on every version of Python.

    Whoever changes how runs are drawn changes this too, and knows that old seeds tell others.
    """
    plan = schedule(1)
    assert [(t.at_s, t.actor, t.what) for t in plan.troubles] == [
        (0.853, "worker 3", "freeze"),
        (1.138, "master", "freeze"),
        (1.284, "slave 1", "kill"),
        (1.414, "worker 2", "kill"),
        (1.719, "slave 3", "kill"),
    ]
    assert [(job.task_type, job.way.value, len(job.files)) for job in plan.jobs] == [
        ("document", "batches", 22),
        ("image", "batches", 6),
    ]


def test_every_kind_of_everything_is_drawn() -> None:
    """Fifty seeds hold every trouble, every way to send, every type with every bad file."""
    plans = [schedule(seed) for seed in SEEDS]
    jobs = [job for plan in plans for job in plan.jobs]
    assert {trouble.kind for plan in plans for trouble in plan.troubles} == KINDS
    assert {job.way for job in jobs} == set(Way)
    bad = {(job.task_type, sample.code) for job in jobs for sample in job.files if sample.code}
    assert {task_type for task_type, _ in bad} == set(POOL)
    assert bad <= {(task_type, code) for task_type in BAD for code in BAD[task_type]}
    assert any(job.cancel_after_s is not None for job in jobs)
    assert all(4 <= plan.total_files <= 120 for plan in plans)


def test_an_actor_has_one_trouble_at_a_time() -> None:
    """The next trouble of an actor comes after the last one was put right."""
    for plan in map(schedule, SEEDS):
        for actor in {trouble.actor for trouble in plan.troubles}:
            lane = [trouble for trouble in plan.troubles if trouble.actor == actor]
            for one, next_one in pairwise(lane):
                assert one.at_s + one.heal_after_s < next_one.at_s
