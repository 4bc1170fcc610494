"""The names of the programs that read pages, for the option ``engine`` of a job."""

from protocol.options import Option, features_by_value, one_of

AUTO = "auto"
TESSERACT = "tesseract"
RAPIDOCR = "rapidocr"
FEATURE = f"ocr-engine:{RAPIDOCR}"
"""What a slave with ``requirements-ocr.txt`` registers."""


OPTION = Option(
    "engine",
    "engine",
    one_of(AUTO, TESSERACT, RAPIDOCR),
    "What reads pictures and scanned pages: tesseract, rapidocr (files go to slaves that have "
    "it), or auto: Tesseract, and RapidOCR too where it is installed and the page needs it.",
    AUTO,
    features_by_value({RAPIDOCR: {FEATURE}}),
)
