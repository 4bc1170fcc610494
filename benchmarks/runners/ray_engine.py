"""Ray on loopback, one remote call for each call."""

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import ray

from benchmarks.runners.requests_loop import serve_engine
from scripts.local_cluster import PROJECT


def main() -> None:
    """Serve with the number of workers that the command line states."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(
        num_cpus=int(sys.argv[1]),
        include_dashboard=False,
        _node_ip_address="127.0.0.1",
        log_to_driver=False,
        runtime_env={"env_vars": {"PYTHONPATH": str(PROJECT)}},
    )
    remote: dict[str, Any] = {}

    def call_all(function: Callable[..., Any], calls: Sequence[tuple[Any, ...]]) -> list[Any]:
        target = remote.setdefault(function.__name__, ray.remote(function))
        return list(ray.get([target.remote(*arguments) for arguments in calls]))

    try:
        serve_engine(call_all)
    finally:
        ray.shutdown()


if __name__ == "__main__":
    main()
