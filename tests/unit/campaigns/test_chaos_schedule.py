"""Schedules are repeatable, and the seeds together have every kind of fault, file and job."""

from itertools import pairwise

from tests.chaos.schedule import BAD, KINDS, POOL, SendMode, schedule

SEEDS = range(50)


def test_a_seed_gives_the_same_schedule() -> None:
    """The seed alone decides; another seed gives another schedule."""
    assert [schedule(seed) for seed in SEEDS] == [schedule(seed) for seed in SEEDS]
    assert len({schedule(seed).as_json() for seed in SEEDS}) == len(SEEDS)


def test_schedules_do_not_change() -> None:
    """A seed gives the same schedule on every version of Python.

    Whoever changes how runs are drawn changes this too, and knows that old seeds tell others.
    """
    plan = schedule(1)
    assert [(t.at_s, t.target, t.what) for t in plan.faults] == [
        (0.853, "worker 3", "freeze"),
        (1.138, "master", "freeze"),
        (1.284, "slave 1", "kill"),
        (1.414, "worker 2", "kill"),
        (1.719, "slave 3", "kill"),
    ]
    assert [(job.task_type, job.mode.value, len(job.files)) for job in plan.jobs] == [
        ("document", "batches", 22),
        ("image", "batches", 6),
    ]


def test_every_kind_of_fault_file_and_job_occurs() -> None:
    """Fifty seeds have every fault, send mode and type, with every invalid file."""
    plans = [schedule(seed) for seed in SEEDS]
    jobs = [job for plan in plans for job in plan.jobs]
    assert {fault.kind for plan in plans for fault in plan.faults} == KINDS
    assert {job.mode for job in jobs} == set(SendMode)
    bad = {(job.task_type, sample.code) for job in jobs for sample in job.files if sample.code}
    assert {task_type for task_type, _ in bad} == set(POOL)
    assert bad <= {(task_type, code) for task_type in BAD for code in BAD[task_type]}
    assert any(job.cancel_after_s is not None for job in jobs)
    assert all(4 <= plan.total_files <= 120 for plan in plans)


def test_a_target_has_one_fault_at_a_time() -> None:
    """The next fault of a target begins after the last one has ended."""
    for plan in map(schedule, SEEDS):
        for target in {fault.target for fault in plan.faults}:
            faults_of_target = [fault for fault in plan.faults if fault.target == target]
            for one, next_one in pairwise(faults_of_target):
                assert one.at_s + one.recover_after_s < next_one.at_s
