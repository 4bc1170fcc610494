"""``make accuracy``: measures every task type with the inputs of a seed, and prints a table.

SEED is the seed (by default a new one, which is printed), TYPES are the task types, such as
``ocr,text``.
The exit code is 1 where a value is below its bound.
"""

import importlib
import importlib.util
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from accuracy.rows import Row, markdown
from protocol.task_types import TASK_TYPES


def main() -> int:
    """Measure and print; returns the exit code."""
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(1_000_000))
    chosen = (os.environ.get("TYPES") or ",".join(TASK_TYPES)).split(",")
    print(f"Measured on {time.strftime('%Y-%m-%d')} with SEED={seed}.")
    low = 0
    for name in chosen:
        if importlib.util.find_spec(f"accuracy.{name}") is None:
            continue
        rows = _measure(name, seed)
        low += sum(row.is_low for row in rows)
        print(f"\n## {name}\n\n{markdown(rows)}", flush=True)
    return 1 if low else 0


def _measure(name: str, seed: int) -> list[Row]:
    module = importlib.import_module(f"accuracy.{name}")
    with tempfile.TemporaryDirectory(prefix="accuracy-") as folder:
        rows: list[Row] = module.measure(seed, Path(folder))
    return rows


if __name__ == "__main__":
    sys.exit(main())
