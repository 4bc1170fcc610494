"""Steps that scenarios share: waiting, background requests, the activity of slaves."""

import os
import threading
from collections.abc import Callable
from typing import Any

import psutil
import pytest
import requests

from scripts.local_cluster import LocalCluster
from tests.conftest import assign
from tests.waiting import wait_until

posix_only = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX systems")


def until(condition: Callable[[], object], limit_s: float = 30) -> None:
    """Wait for a condition; fail when it is not true in time."""
    wait_until(condition, limit_s)


class Background(threading.Thread):
    """A request in a thread, while the test does something else."""

    def __init__(self, cluster: LocalCluster, task_type: str, files: list[Any]) -> None:
        super().__init__(daemon=True)
        self._ask = (cluster, task_type, files)
        self.summary: dict[str, Any] = {}

    def run(self) -> None:
        self.summary = assign(*self._ask)

    def result(self) -> dict[str, Any]:
        """Wait for the answer."""
        self.join(120)
        assert self.summary, "no answer came"
        return self.summary


def is_at_work(cluster: LocalCluster, number: int) -> bool:
    """Tell whether a slave processes files, as its ``/check_status`` says."""
    slave = cluster.present()[number]
    url = f"http://{slave['slave_ip']}:{slave['slave_port']}/check_status"
    return bool(requests.get(url, timeout=10).json()["running"])


def has_connection(slave: psutil.Process) -> bool:
    """Tell whether the master has opened a connection to the slave."""
    port = next(c.laddr.port for c in slave.net_connections() if c.status == "LISTEN")
    peers = psutil.net_connections("tcp")
    return any(c.raddr and c.raddr.port == port for c in peers if c.status == "ESTABLISHED")
