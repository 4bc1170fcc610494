"""A bare ``ProcessPoolExecutor`` over paths; the bound that no engine can beat on warm workers."""

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from benchmarks.runners.requests_loop import serve_engine


def main() -> None:
    """Serve with the number of processes that the command line states."""
    with ProcessPoolExecutor(int(sys.argv[1]), mp_context=get_context("spawn")) as executor:

        def call_all(function: Callable[..., Any], calls: Sequence[tuple[Any, ...]]) -> list[Any]:
            return list(executor.map(function, *zip(*calls, strict=True)))

        serve_engine(call_all)


if __name__ == "__main__":
    main()
