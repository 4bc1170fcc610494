"""A slave's processes: what dies alone, what dies with the slave, and what is left of it."""

import contextlib
import json
import os
import signal
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from scripts.local_cluster import LocalCluster, Program
from slave_service.workers import landlock, worker_handle
from slave_service.workers.pool import Pool
from slave_service.workers.sandbox import MAX_FILE_BYTES
from slave_service.workers.worker_handle import FileTask
from tests.conftest import assign, need
from tests.contract.programs import (
    LIMIT_S,
    WORKER,
    Part,
    children,
    get_task,
    load,
    page,
    paused_workers,
    running,
    slave_alone,
    slow_text,
    wait_until,
)

FILE_TIMEOUT_S = 3
ENDLESS_LINES = 100
SOON_S = 15
"""For what takes no time but that of a busy computer."""


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Program, str]]:
    """A slave that gives each file little time and little memory; and its address."""
    cluster = LocalCluster(tmp_path_factory.mktemp("narrow"), {"SLAVE_WORKERS": "1"})
    limits = {"FILE_TIMEOUT": str(FILE_TIMEOUT_S), "WORKER_MEMORY": str(512 * 1024**2)}
    try:
        yield slave_alone(cluster, **limits)
    finally:
        cluster.stop()


@pytest.fixture(scope="module")
def bare_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """A master for the next fixture."""
    cluster = LocalCluster(tmp_path_factory.mktemp("bare"), {"SLAVE_WORKERS": "1"})
    try:
        cluster.start_master()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def without_tesseract(bare_cluster: LocalCluster) -> LocalCluster:
    """A master with one slave that finds no program on its PATH, and has a TMPDIR of its own.

    A slave that a test has ended is replaced.
    """
    bare_cluster.slaves = [each for each in bare_cluster.slaves if each.process.poll() is None]
    if not bare_cluster.slaves:
        for name in ("no programs", "temporary"):
            (bare_cluster.folder / name).mkdir(exist_ok=True)
        temporary = str(bare_cluster.folder / "temporary")
        bare_cluster.start_slaves(
            1, PATH=str(bare_cluster.folder / "no programs"), TMPDIR=temporary
        )
    return bare_cluster


class Call(threading.Thread):
    """A call in the background; ``answer`` waits for it."""

    def __init__(self, call: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self._call = call
        self._answer: Any = None
        self.start()

    def run(self) -> None:
        self._answer = self._call()

    def answer(self) -> Any:
        self.join(60)
        assert not self.is_alive()
        return self._answer


def breaks_off(url: str, parts: list[Part]) -> bool:
    """Tell whether a slave goes away over a request for ocr."""
    try:
        get_task(url, "ocr", "images", parts)
    except requests.RequestException:
        return True
    return False


def worker_of(slave: Program) -> psutil.Process:
    """Return the process of the slave's one worker, once it is there."""
    return wait_until(lambda: children(slave, WORKER))[0]


def reading(slave: Program) -> list[psutil.Process]:
    """Return the slave's Tesseract, once it is past opening the file and at work on it."""
    found = children(slave, "tesseract")
    with contextlib.suppress(psutil.NoSuchProcess):
        return [process for process in found if process.cpu_times().user > 0.3]
    return []


def address(cluster: LocalCluster) -> str:
    record = cluster.present()[0]
    return f"http://{record['slave_ip']}:{record['slave_port']}"


def large_picture(side: int) -> bytes:
    """Return a PNG of one color, small as a file; 98 million pixels take 400 MB to unpack."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    packer, row = zlib.compressobj(1), b"\0" + b"\x55" * (3 * side)
    pixels = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def test_slow_file_is_given_up_alone(narrow: tuple[Program, str]) -> None:
    """A page over FILE_TIMEOUT fails as timeout, its Tesseract ends, the next file is done."""
    need("tesseract")
    slave, url = narrow
    parts = [("endless.png", page(ENDLESS_LINES)), ("short.png", page(1))]
    folder = Path(worker_of(slave).environ()["TMPDIR"])
    call = Call(lambda: get_task(url, "ocr", "images", parts))
    tesseract = wait_until(lambda: reading(slave))
    for process in tesseract:
        process.suspend()  # which is as slow, and costs nothing
    slow, short = call.answer()
    assert slow["code"] == "timeout"
    assert "FILE_TIMEOUT" in slow["error"]
    assert "ocr_data" in short
    assert wait_until(lambda: not running(tesseract), SOON_S)
    # With Tesseract's copy of the page, which nobody else would remove.
    assert wait_until(lambda: not folder.exists(), SOON_S)


@pytest.mark.skipif(os.name != "posix", reason="Windows counts nobody's computing time")
def test_time_runs_out_for_the_worker_of_a_frozen_slave(narrow: tuple[Program, str]) -> None:
    """A file over FILE_TIMEOUT ends although the slave that would end it stands still."""
    slave, url = narrow
    # A worker that was replaced loads its libraries with the first text, out of FILE_TIMEOUT.
    get_task(url, "text", "texts", [("short.txt", b"a good text")])
    call = Call(lambda: get_task(url, "text", "texts", [("endless.txt", slow_text(60))]))
    assert wait_until(lambda: load(url)[0] == 1)
    worker = worker_of(slave)
    # However little of a busy computer it gets, by then it is at work on the file.
    before = worker.cpu_times().user
    assert wait_until(lambda: worker.cpu_times().user > before + 0.2)
    slave.process.send_signal(signal.SIGSTOP)
    try:
        assert wait_until(lambda: worker.status() == psutil.STATUS_ZOMBIE)
    finally:
        slave.process.send_signal(signal.SIGCONT)
    assert [result["code"] for result in call.answer()] == ["timeout"]


def test_too_much_memory_costs_one_file(narrow: tuple[Program, str]) -> None:
    """A picture that needs more than WORKER_MEMORY fails alone; files around it are done."""
    # All libraries are loaded, so that the picture does not fit, whichever worker it meets.
    get_task(narrow[1], "text", "texts", [("short.txt", b"a good text")])
    names = ["small.png", "large.png", "also small.png"]
    parts = [(name, large_picture(9900 if name == "large.png" else 9)) for name in names]
    results = get_task(narrow[1], "image", "images", parts)
    assert ["image_data" in entry for entry in results] == [True, False, True]
    assert results[1]["code"] in ("out_of_memory", "crashed")


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a thing of POSIX systems")
def test_worker_that_dies_idle_is_held_against_nobody(narrow: tuple[Program, str]) -> None:
    """After the kill -9 of an idle worker the next file is done, by another process."""
    slave, url = narrow
    dead = worker_of(slave)
    dead.kill()
    assert wait_until(lambda: not running([dead]))
    (result,) = get_task(url, "text", "texts", [("a.txt", b"a good text")])
    assert "analysis_data" in result
    assert worker_of(slave).pid != dead.pid


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a thing of POSIX systems")
def test_worker_that_dies_idle_is_replaced(narrow: tuple[Program, str]) -> None:
    """Another worker is there before a file comes that would have to wait for it."""
    slave, _ = narrow
    dead = worker_of(slave)
    dead.kill()
    wait_until(lambda: not running([dead]))
    assert wait_until(lambda: running(children(slave, WORKER)))


def test_what_a_slave_cannot_do_it_says(without_tesseract: LocalCluster) -> None:
    """Without Tesseract a slave registers for all but ocr, and a job for ocr is told why."""
    (record,) = without_tesseract.present()
    assert record["task_types"] == ["audio", "document", "embedding", "image", "text"]
    answer = requests.post(
        f"{without_tesseract.url}/assign_task",
        data={"task_type": "ocr"},
        files=[("images", ("a.png", b"any"))],
        timeout=30,
    )
    assert answer.status_code == 503
    error = answer.json()["error"]
    assert error.startswith("No slaves available for ocr: ")
    assert "Tesseract is not installed" in error


def test_slave_does_the_task_types_it_is_set_to(bare_cluster: LocalCluster) -> None:
    """It registers and does no others, and its worker does not load their libraries."""
    count = len(bare_cluster.present())
    (slave,) = bare_cluster.start_slaves(1, SLAVE_TASK_TYPES="image, audio")
    try:
        record = next(each for each in bare_cluster.present() if each["slave_port"] == slave.port)
        assert record["task_types"] == ["audio", "image"]
        assert record["unavailable"]["text"] == "SLAVE_TASK_TYPES leaves it out"
        assert not any("sklearn" in each.path for each in worker_of(slave).memory_maps())
        answer = requests.post(
            f"http://127.0.0.1:{slave.port}/get_task",
            data={"task_type": "text"},
            files=[("texts", ("a.txt", b"good"))],
            timeout=30,
        )
        assert answer.status_code == 400
        assert "SLAVE_TASK_TYPES" in answer.text
    finally:
        bare_cluster.slaves.remove(slave)
        slave.stop()
    wait_until(lambda: len(bare_cluster.present()) == count)


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a thing of POSIX systems")
def test_file_is_tried_again_when_its_worker_dies(without_tesseract: LocalCluster) -> None:
    """A file whose worker is killed over it is handed over once more, and done."""
    (slave,) = without_tesseract.slaves
    url = address(without_tesseract)
    text = slow_text(1)
    dead = worker_of(slave)
    with paused_workers(slave):
        call = Call(lambda: assign(without_tesseract, "text", [("slow.txt", text)]))
        wait_until(lambda: load(url)[0] == 1)
        dead.kill()
    summary = call.answer()
    assert summary["total_files_processed"] == 1
    assert f"worker {dead.pid} ended while processing 'slow.txt'" in slave.log.read_text()
    words = json.loads(Path(summary["saved_files"][0]).read_bytes())["word_count"]
    assert words == len(text.split())


def test_slave_told_to_stop_ends_in_good_order(without_tesseract: LocalCluster) -> None:
    """On SIGTERM a slave leaves, ends what it has begun, hands back the rest, and is gone whole."""
    (slave,) = without_tesseract.slaves
    temporary = without_tesseract.folder / "temporary"
    url = address(without_tesseract)
    parts = [(f"{number}.txt", b"a good text") for number in range(4)]
    with paused_workers(slave):
        call = Call(lambda: get_task(url, "text", "texts", parts))
        wait_until(lambda: load(url) == (1, 3))
        processes = children(slave)
        assert len(processes) == 2  # the worker, and the guard that outlives the slave
        assert list(temporary.iterdir()) != []
        slave.process.terminate()
        wait_until(lambda: without_tesseract.present() == [])
        assert without_tesseract.status()["missing"] == []
        refusal = requests.post(f"{url}/get_task", timeout=10)
        assert refusal.status_code == 503
        assert refusal.json()["error"] == "The slave is shutting down."
    results = call.answer()
    assert "analysis_data" in results[0]
    assert [entry["code"] for entry in results[1:]] == ["returned"] * 3
    assert slave.process.wait(SOON_S) == 0
    assert running(processes) == []
    assert list(temporary.iterdir()) == []
    assert "Traceback" not in slave.log.read_text()


def test_pool_that_closes_hands_back_what_it_holds(tmp_path: Path) -> None:
    """What a worker holds when the slave can't wait any longer is handed back, not failed.

    So is, at once, a file that comes when the pool has closed and the workers are gone.
    """
    file = tmp_path / "slow.txt"
    file.write_bytes(slow_text(60))
    pool = Pool(1, file_timeout_s=300, worker_memory_bytes=2 * 1024**3)
    pool.start()
    held = pool.submit(FileTask("text", file.name, file))
    assert wait_until(lambda: pool.running == 1)
    pool.close()
    late = pool.submit(FileTask("text", file.name, file))
    for failure in (held.result(SOON_S).failure, late.result(10).failure):
        assert failure is not None
        assert failure.code == "returned"
    assert not pool.folder.exists()


def test_worker_is_replaced_after_so_many_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one process has lost or broken is over after a while; no file notices."""
    monkeypatch.setattr(worker_handle, "MAX_FILES_PER_WORKER", 2)
    (file := tmp_path / "a.txt").write_bytes(b"a good text")
    pool = Pool(1, 60, 2 * 1024**3)
    pool.start()
    pids: set[int] = set()
    for _ in range(3):
        assert pool.submit(FileTask("text", file.name, file)).result(timeout=LIMIT_S).data
        pids.update(process.pid for process in own_workers())
    pool.close()
    assert len(pids) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="reads what a process has mapped")
def test_replaced_worker_loads_libraries_with_the_first_file_that_needs_them(
    tmp_path: Path,
) -> None:
    """A worker in place of a crashed one is ready at once, and tests each type before its use."""
    (file := tmp_path / "a.txt").write_bytes(b"a good text")
    pool = Pool(1, 60, 2 * 1024**3)
    pool.start()
    (first,) = own_workers()
    assert has_loaded(first, "scipy")
    first.kill()
    (second,) = wait_until(lambda: [worker for worker in own_workers() if worker.pid != first.pid])
    assert pool.submit(FileTask("document", file.name, file)).result(timeout=LIMIT_S).data
    assert not has_loaded(second, "scipy")
    counting = FileTask("embedding", file.name, file)
    assert pool.submit(counting).result(timeout=LIMIT_S).data
    assert has_loaded(second, "scipy")
    pool.close()


def has_loaded(process: psutil.Process, library: str) -> bool:
    return any(f"/{library}/" in mapped.path for mapped in process.memory_maps())


def own_workers() -> list[psutil.Process]:
    """Return the workers of a pool in this very process, and not those of slaves beside it."""
    own = running(psutil.Process().children())
    return [process for process in own if WORKER in " ".join(process.cmdline())]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems offer none of it")
def test_workers_have_no_network_and_bounds(narrow: tuple[Program, str]) -> None:
    """What reads other people's files can call nobody, fill no disk and leave no core dump."""
    slave, _ = narrow
    process = worker_of(slave)
    assert process.rlimit(psutil.RLIMIT_FSIZE) == (MAX_FILE_BYTES, MAX_FILE_BYTES)
    assert process.rlimit(psutil.RLIMIT_CORE) == (0, 0)
    status = Path(f"/proc/{process.pid}/status").read_text()
    for kind in ("CapPrm", "CapEff", "CapBnd"):
        assert f"{kind}:\t{0:016x}" in status
    if "coverage" not in sys.modules and landlock.is_supported():
        assert "NoNewPrivs:\t1" in status
    if subprocess.run(["unshare", "-rn", "true"], check=False).returncode:
        pytest.skip("this system lets no process leave the network")
    own, its = (Path(f"/proc/{pid}/ns/net").readlink() for pid in (slave.process.pid, process.pid))
    assert own != its


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a thing of POSIX systems")
def test_killed_slave_leaves_nothing_behind(own_cluster: LocalCluster) -> None:
    """After the kill -9 of a slave its workers, what they started and its folder are gone."""
    need("tesseract")
    temporary = own_cluster.folder / "temporary"
    temporary.mkdir()
    slave, url = slave_alone(own_cluster, TMPDIR=str(temporary))
    parts = [("endless.png", page(ENDLESS_LINES))]
    call = Call(lambda: breaks_off(url, parts))
    wait_until(lambda: reading(slave))
    processes = children(slave)
    assert list(temporary.iterdir()) != []
    slave.process.kill()
    assert slave.process.wait(SOON_S) != 0
    assert wait_until(lambda: not running(processes), SOON_S)
    assert wait_until(lambda: not list(temporary.iterdir()), SOON_S)
    assert call.answer()


@pytest.mark.skipif(os.name != "posix", reason="SIGTERM is a thing of POSIX systems")
def test_slave_told_to_stop_while_it_warms_up(bare_cluster: LocalCluster, tmp_path: Path) -> None:
    """Stopped before it has registered it ends in good order, without a traceback."""
    beside = LocalCluster(tmp_path, bare_cluster.settings, bare_cluster.port)
    slave = beside.start_slave()
    wait_until(lambda: b"starting and testing" in slave.log.read_bytes())
    assert slave.stop() == 0
    assert b"Traceback" not in slave.log.read_bytes()
    assert slave.port not in {record["slave_port"] for record in beside.present()}
