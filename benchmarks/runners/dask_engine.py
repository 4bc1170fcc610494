"""Dask's distributed scheduler on loopback, with worker processes of one thread each."""

import sys
from collections.abc import Callable, Sequence
from typing import Any

from dask.distributed import Client, LocalCluster

from benchmarks.runners.requests_loop import serve_engine


def main() -> None:
    """Serve with the number of workers that the command line states."""
    workers = int(sys.argv[1])
    with (
        LocalCluster(
            n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
        ) as cluster,
        Client(cluster) as client,
    ):

        def call_all(function: Callable[..., Any], calls: Sequence[tuple[Any, ...]]) -> list[Any]:
            columns = [list(column) for column in zip(*calls, strict=True)]
            # Impure: else equal calls of a later round would be answered from memory.
            return list(client.gather(client.map(function, *columns, pure=False)))

        serve_engine(call_all)


if __name__ == "__main__":
    main()
