"""Compares results between kinds of CPU: ``make instruction-sets``; needs Debian's qemu-user.

Libraries choose their code by the instructions that a CPU has, and sums of floating-point numbers
depend on their order. This processes the samples of every task type on this CPU and on emulated
older ones, and lists the files whose results differ in any byte.
"""

import argparse
import hashlib
import importlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType

if __name__ == "__main__":
    # Python adds only the script's own folder to the path, not the project's.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from protocol import options
from protocol.task_types import TASK_TYPES, TaskType
from protocol.wire import json_bytes
from scripts import samples

_EMULATOR = "qemu-x86_64"
_CPUS = {"SSE4.2": "Nehalem", "AVX": "max,avx2=off,fma=off", "AVX2": "max"}
"""By the newest of its instruction sets. QEMU 7.2 is the first to emulate AVX, and none has
AVX-512."""
_MODELS: Mapping[str, options.Options] = {
    "embedding": {"semantic": "yes"},
    "ocr": {"engine": "rapidocr"},
    "audio": {"speech": "spans"},
}
"""Options that need a model, by task type."""
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OMP_THREAD_LIMIT")

Digests = dict[str, str]
"""Of each result, by task type and file name."""


def main() -> int:
    """Print a row for each kind of CPU; return 1 if a result differs."""
    parser = argparse.ArgumentParser(description="Compare results between kinds of CPU.")
    parser.add_argument("--results-of", type=Path, help=argparse.SUPPRESS)
    folder: Path | None = parser.parse_args().results_of
    if folder is not None:
        sys.stdout.write(json.dumps(_digests(folder)))
        return 0
    if shutil.which(_EMULATOR) is None:
        sys.stderr.write("This needs QEMU's user mode: apt-get install qemu-user\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="samples-") as name:
        return _compare(Path(name))


def _compare(folder: Path) -> int:
    samples.make(folder)
    expected = _run([], folder)
    differ = _report("8 threads", expected, _run([], folder, dict.fromkeys(_THREADS, "8")))
    for instructions, cpu in _CPUS.items():
        differ |= _report(instructions, expected, _emulated(cpu, folder))
    return 1 if differ else 0


def _report(title: str, expected: Digests, found: Digests) -> bool:
    """Print how many results are equal, and the others; return whether there are others."""
    others = sorted(name for name in expected if found.get(name) != expected[name])
    equal = len(expected) - len(others)
    sys.stdout.write(f"{title:10} {equal} of {len(expected)} results equal\n")
    sys.stdout.writelines(f"  {name}\n" for name in others)
    sys.stdout.flush()
    return bool(others)


def _emulated(cpu: str, folder: Path) -> Digests:
    """Return the results of an emulated CPU, which runs Tesseract too."""
    emulator = [_EMULATOR, "-cpu", cpu]
    programs = folder / cpu
    programs.mkdir()
    if real := shutil.which("tesseract"):
        # A child of an emulated process runs on the real CPU unless it is started like this.
        script = programs / "tesseract"
        script.write_text(f'#!/bin/sh\nexec {shlex.join([*emulator, real])} "$@"\n')
        script.chmod(0o700)
    return _run(emulator, folder, {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"})


def _run(
    emulator: Sequence[str], folder: Path, environment: dict[str, str] | None = None
) -> Digests:
    command = [*emulator, sys.executable, __file__, "--results-of", str(folder)]
    done = subprocess.run(
        command, env=os.environ | (environment or {}), stdout=subprocess.PIPE, check=True
    )
    digests: Digests = json.loads(done.stdout)
    return digests


def _digests(folder: Path) -> Digests:
    """Process the samples in this process, as a worker does."""
    found = {}
    for name, task in TASK_TYPES.items():
        processor = importlib.import_module(task.processor)
        files = sorted((folder / name).iterdir())
        for chosen in _choices(task, processor):
            title = " ".join([name, *(f"{option}={value}" for option, value in chosen.items())])
            keywords = options.keywords(chosen, task.options)
            for file in files:
                with file.open("rb") as source:
                    result = processor.process(source, **keywords)
                data = result if isinstance(result, bytes) else json_bytes(result)
                found[f"{title}: {file.name}"] = hashlib.sha256(data).hexdigest()
    return found


def _choices(task: TaskType, processor: ModuleType) -> Iterator[options.Options]:
    """Yield no options, and those whose models are installed."""
    yield {}
    chosen = _MODELS.get(task.name, {})
    if chosen and options.features(chosen, task.options) <= processor.features():
        yield chosen


if __name__ == "__main__":
    sys.exit(main())
