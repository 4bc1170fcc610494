"""The names of the programs that read pages, for the option ``engine`` of a job."""

from protocol.options import Option

AUTO = "auto"
TESSERACT = "tesseract"
RAPIDOCR = "rapidocr"
_NAMES = (AUTO, TESSERACT, RAPIDOCR)
FEATURE = f"ocr-engine:{RAPIDOCR}"
"""What a slave with ``requirements-ocr.txt`` registers."""


def parse(text: str) -> str:
    """Return the name of an engine in lower case; raise ``ValueError`` with the reason."""
    name = text.strip().lower()
    if name not in _NAMES:
        raise ValueError(f"must be one of {', '.join(_NAMES)}, not {text[:60]!r}")
    return name


def features(engine: str) -> frozenset[str]:
    """Return the features that a slave must have to read with this engine."""
    return frozenset({FEATURE} if engine == RAPIDOCR else ())


OPTION = Option(
    "engine",
    "engine",
    parse,
    "What reads pictures and scanned pages: tesseract, rapidocr (files go to slaves that have "
    "it), or auto: Tesseract, and RapidOCR too where it is installed and the page needs it.",
    AUTO,
    features,
)
