"""Reads a page with RapidOCR (the PP-OCRv6 models in ONNX Runtime), where that is installed.

``pip install -r requirements-ocr.txt`` installs it; the models are inside of its package.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from PIL import Image

from protocol.failures import OutOfMemory, Unavailable, Unsupported
from protocol.option_values import ocr_engines
from slave_service.models import ocr_languages, packages
from slave_service.models.ocr import ink_boxes, line_order
from slave_service.models.ocr.page_text import Box, Word

_Piece = tuple[str, float, list[list[int]]]
"""Text, confidence, and corners as x and y."""

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rapidocr import RapidOCR

NAME = ocr_engines.RAPIDOCR
_PACKAGES = ("rapidocr", "onnxruntime", "opencv-python-headless")
_MODULES = ("rapidocr", "onnxruntime", "cv2")
_REINSTALL = (
    "reinstall it (pip install -r requirements-ocr.txt), or remove it (pip uninstall rapidocr)"
)
_LANGUAGES = ocr_languages.LATIN | {"eng", "chi_sim", "chi_tra", "jpn"}
"""Languages whose letters the model knows, by Tesseract's names."""
_MAX_SIDE = 2000
"""A larger page is scaled down, which limits the memory to 1.3 GB."""
WORK_PIXELS = 40_000_000
"""Tesseract reads about as many pixels in the time that one page takes."""
_MIN_SIDE = 16
_THREADS = 1
_MAX_LENGTH_PER_HEIGHT = 40


def is_installed() -> bool:
    """Return whether the packages of requirements-ocr.txt are installed."""
    return packages.are_installed(*_MODULES)


def reads(languages: str) -> bool:
    """Return whether RapidOCR is installed and knows all of ``eng+deu``."""
    return _LANGUAGES.issuperset(languages.split("+")) and is_installed()


def require(languages: str) -> None:
    """Raise ``Unsupported`` unless RapidOCR can read all of ``eng+deu`` here."""
    if not is_installed():
        raise Unsupported(
            "This slave can't read with RapidOCR: install requirements-ocr.txt on it, or choose "
            "the engine auto or tesseract."
        )
    if unknown := [name for name in languages.split("+") if name not in _LANGUAGES]:
        raise Unsupported(
            f"RapidOCR does not read {', '.join(unknown)}: choose the engine auto or tesseract."
        )


def versions() -> dict[str, str]:
    """Return the versions of the packages that the text depends on; empty where not installed."""
    if not is_installed():
        return {}
    return packages.versions(*_PACKAGES)


def read(page: Image.Image) -> tuple[Word, ...]:
    """Return the words of a page in mode L, with boxes in its pixels, in reading order.

    A word's confidence is that of its line.
    """
    import numpy as np

    if min(page.size) < _MIN_SIDE or max(page.size) > min(page.size) * _MAX_LENGTH_PER_HEIGHT:
        return ()
    original = page
    scale = min(1.0, _MAX_SIDE / max(page.size))
    if scale < 1:
        width, height = (max(1, round(side * scale)) for side in page.size)
        page = page.resize((width, height), Image.Resampling.LANCZOS)
    found = _run(np.stack([np.asarray(page)] * 3, axis=-1))
    if not found.txts or found.word_results is None:
        return ()
    lines = [
        _pieces(text, float(score) * 100, pieces, scale)
        for text, score, pieces in zip(found.txts, found.scores, found.word_results, strict=False)
    ]
    levels = np.asarray(original)
    return line_order.ordered([ink_boxes.tightened(levels, line) for line in lines if line])


def self_test(page: Image.Image, word: str) -> None:
    """Raise ``Unavailable`` where RapidOCR is installed and does not read a word."""
    if not is_installed():
        return
    try:
        found = [each.text for each in read(page)]
    except Exception as error:
        # A wrong version of any of its libraries can raise anything.
        raise Unavailable(f"RapidOCR does not run here ({error}); {_REINSTALL}") from error
    if found != [word]:
        raise Unavailable(f"RapidOCR misreads a clear word here; {_REINSTALL}")


def _run(pixels: "NDArray[Any]") -> Any:  # noqa: ANN401 (rapidocr's own class)
    import cv2
    from rapidocr.inference_engine.onnxruntime.main import ONNXRuntimeError

    try:
        return _engine()(pixels)
    except (ONNXRuntimeError, cv2.error) as error:
        message = str(error).lower()
        if any(sign in message for sign in ("alloc", "memory")):
            raise OutOfMemory(
                "Reading this picture takes more memory than is available; scale it down and send "
                "it again."
            ) from error
        raise


@lru_cache(maxsize=1)
def _engine() -> "RapidOCR":
    import cv2
    from rapidocr import RapidOCR

    cv2.setNumThreads(_THREADS)
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            # Pages are turned upright before.
            "Global.use_cls": False,
            "Global.max_side_len": _MAX_SIDE,
            "Global.return_word_box": True,
            "Det.limit_type": "max",
            "Det.limit_side_len": _MAX_SIDE,
            "EngineConfig.onnxruntime.intra_op_num_threads": _THREADS,
            "EngineConfig.onnxruntime.inter_op_num_threads": _THREADS,
        }
    )


def _pieces(text: str, confidence: float, pieces: Iterable[_Piece], scale: float) -> list[Word]:
    """Return the words of one line; ``pieces`` are its parts with their corners, in order.

    A word can be of several parts, since parts also end where the script changes.
    """
    words = []
    rest = list(pieces)
    for token in text.split():
        corners: list[list[int]] = []
        length = 0
        while rest and length < len(token):
            part, _, places = rest.pop(0)
            length += len(part)
            corners += places
        if corners:
            words.append(Word((0, 0, 0), token, confidence, _box(corners, scale)))
    return words


def _box(corners: list[list[int]], scale: float) -> Box:
    left, right = min(x for x, _ in corners), max(x for x, _ in corners)
    top, bottom = min(y for _, y in corners), max(y for _, y in corners)
    left, top = max(0, left), max(0, top)
    return (
        round(left / scale),
        round(top / scale),
        round((right - left) / scale),
        round((bottom - top) / scale),
    )
