"""CPU time and peak memory of processes."""

import subprocess
import sys
import time

import pytest

from benchmarks.measuring import measure, tree

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the figures")

_PROGRAM = """
import sys, time
large = bytearray(60_000_000)
del large
print("ready", flush=True)
sys.stdin.readline()
end = time.process_time() + 0.2
while time.process_time() < end:
    pass
large = bytearray(30_000_000)
print("done", flush=True)
sys.stdin.readline()
"""


def test_only_what_happens_meanwhile_is_counted() -> None:
    """CPU time and peak are those of the measured time, not of the process's whole life."""
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdout.readline()

        def work() -> None:
            assert program.stdin is not None
            assert program.stdout is not None
            program.stdin.write(b"\n")
            program.stdin.flush()
            program.stdout.readline()

        taken = measure(lambda: {"program": tree(program.pid)}, work)
        program.communicate(b"\n")
    assert 0.15 <= taken.cpu_s["program"] <= 0.4
    assert 30 <= taken.peak_mb["program"] < 60
    assert taken.elapsed_s >= 0.2


def test_programs_that_have_ended_count_for_the_sender() -> None:
    """The CPU time of a program that was run to its end is in that of the sender."""
    burn = "import time\nwhile time.process_time() < 0.2: pass"
    taken = measure(dict, lambda: subprocess.run([sys.executable, "-c", burn], check=True))
    assert taken.cpu_s["sender"] >= 0.18
    assert taken.total_cpu_s == taken.cpu_s["sender"]


def test_waiting_costs_no_cpu_time() -> None:
    """A process that waits is not charged for what others do."""
    taken = measure(dict, lambda: time.sleep(0.05))
    assert taken.cpu_s["sender"] < 0.05
