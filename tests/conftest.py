"""What the tests share: real clusters of real processes, and sample files."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import requests

from protocol.task_types import TASK_TYPES
from scripts import samples
from scripts.local_cluster import LocalCluster, running
from tests.dask_cluster import DaskCluster
from tests.slave_pool import POOLED, PooledCluster, SlavePool, reserve_port

TOKEN = "a-token-for-tests"
_BY_DASK = os.environ.get("TEST_ENGINE") == "dask"
"""Whether masters process files by Dask workers, where a test does not ask for slaves (see
docs/testing.md)."""


def pytest_configure() -> None:
    """Handle Ctrl-C also in a background job, which ignores it, and set Hypothesis up."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # An example that takes long on a busy computer is no failure.
    hypothesis.settings.register_profile("suite", deadline=None)
    hypothesis.settings.load_profile("suite")


@pytest.fixture(scope="session")
def sample_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """Real files of every task type."""
    return samples.make(tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """A master and two slaves of one worker each; tests that share it must not harm it."""
    folder = tmp_path_factory.mktemp("cluster")
    if _BY_DASK:
        dask = DaskCluster(folder, {"SLAVE_WORKERS": "1"})
        dask.start_master()
        dask.start_slaves(2)
        yield dask
        dask.stop()
        return
    with running(folder, slaves=2, settings={"SLAVE_WORKERS": "1"}) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def slave_pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlavePool | None]:
    """Slaves that are kept from test to test; None where processes can't be suspended."""
    if os.name != "posix":
        yield None
        return
    with reserve_port() as reservation:
        pool = SlavePool(tmp_path_factory.mktemp("slaves"), reservation.getsockname()[1])
        yield pool
        pool.stop()


@pytest.fixture
def own_cluster(tmp_path: Path, slave_pool: SlavePool | None) -> Iterator[LocalCluster]:
    """A cluster for one test to start and to harm: its master does not run yet."""
    port = slave_pool.port if slave_pool else 0
    cluster: LocalCluster = PooledCluster(tmp_path, POOLED, port, pool=slave_pool)
    if _BY_DASK:
        cluster = DaskCluster(tmp_path, POOLED)
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The settings of a program with a certificate for this computer, by an authority of ours."""
    from scripts import certificates

    folder = tmp_path_factory.mktemp("certificates")
    file = certificates.issue(folder, certificates.authority(folder), "127.0.0.1")
    return {
        "TLS_CERT": str(file),
        "TLS_KEY": str(file.with_suffix(".key")),
        "TLS_CA": str(folder / "ca.pem"),
    }


Part = tuple[str, bytes]


def assign(
    cluster: LocalCluster, task_type: str, files: list[Part] | list[Path], timeout: float = 120
) -> dict[str, Any]:
    """Send files to ``/assign_task`` and return the summary; the answer must be 200."""
    field = TASK_TYPES[task_type].form_field
    parts = [(field, (f.name, f.read_bytes()) if isinstance(f, Path) else f) for f in files]
    answer = requests.post(
        f"{cluster.url}/assign_task", data={"task_type": task_type}, files=parts, timeout=timeout
    )
    assert answer.status_code == 200, answer.text
    summary: dict[str, Any] = answer.json()
    return summary


def need(program: str) -> None:
    """Skip where a program is missing on a developer's computer; fail where CI lacks it."""
    from shutil import which

    if which(program) is None:
        if os.environ.get("CI"):
            pytest.fail(f"{program} is missing in CI")
        pytest.skip(f"{program} is not installed here (scripts/setup.sh installs it)")
