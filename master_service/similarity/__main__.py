"""The program of one comparison: reads which files to compare, writes what it finds, and ends.

Standard input is one JSON object: ``folder``, where to write, and ``files``, each with its
``index``, the ``filename`` and the ``sha256`` of the upload, and the ``path`` of the result. The
exit code is ``NO_NUMPY`` where NumPy is missing.
"""

import contextlib
import json
import os
import sys
from pathlib import Path

from master_service.similarity.items import Listed, read_items
from master_service.similarity.report import NO_NUMPY, write

_MEMORY_BYTES = 2 << 30


def main() -> int:
    """Compare; returns the exit code."""
    if hasattr(os, "nice"):
        os.nice(5)
    with contextlib.suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY_BYTES, _MEMORY_BYTES))
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return NO_NUMPY
    request = json.load(sys.stdin)
    files = [_listed(**entry) for entry in request["files"]]
    import numpy  # noqa: F401 (its threads can be limited once it is loaded)

    # Several threads would change the order of sums.
    with threadpool_limits(1):
        write(read_items(files), Path(request["folder"]))
    return 0


def _listed(index: int, filename: str, sha256: str, path: str) -> Listed:
    return Listed(index, filename, sha256, Path(path))


if __name__ == "__main__":
    sys.exit(main())
