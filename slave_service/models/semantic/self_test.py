"""Checks the model's files, and its results on this computer.

The files are checked when a slave starts, and the results with the first text that needs them: the
model takes 150 MB and half a second in each worker.
"""

from functools import cache

from protocol.failures import Unavailable
from slave_service.models.semantic import weights
from slave_service.models.semantic.sentence_vectors import sentence_vector

_TEXT = "This is an example sentence"
_EXPECTED = (0.0676569, 0.0634960, 0.0487131, 0.0793050, 0.0374481)
"""Its first numbers."""
_TOLERANCE = 1e-5


def check_files() -> None:
    """Raise ``Unavailable`` where the model is installed, but not as it was published."""
    if weights.folder() is not None:
        for name in weights.SHA256:
            weights.check(name)


@cache
def check_result() -> None:
    """Raise ``Unavailable`` where the vector of a known text is wrong."""
    found = sentence_vector(_TEXT).values
    if any(abs(a - b) > _TOLERANCE for a, b in zip(found, _EXPECTED, strict=False)):
        raise Unavailable(f"The sentence vector of a known text is wrong; {weights.REPAIR}")
