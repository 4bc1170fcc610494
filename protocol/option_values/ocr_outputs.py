"""The forms of an OCR result, for the option ``output`` of a job."""

from protocol.options import Option

JSON = "json"
PDF = "pdf"
_NAMES = (JSON, PDF)


def parse(text: str) -> str:
    """Return the name of a form in lower case; raise ``ValueError`` with the reason."""
    name = text.strip().lower()
    if name not in _NAMES:
        raise ValueError(f"must be {' or '.join(_NAMES)}, not {text[:60]!r}")
    return name


OPTION = Option(
    "output",
    "output",
    parse,
    "The form of the result: json (the default), or pdf: a PDF that shows the pages, with the "
    "words over them as invisible text that can be searched and copied.",
    PDF,
    saved_names={PDF: "{stem}_ocr.pdf"},
)
