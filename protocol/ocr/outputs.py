"""The forms of an OCR result, for the option ``output`` of a job."""

JSON = "json"
PDF = "pdf"
_NAMES = (JSON, PDF)


def parse(text: str) -> str:
    """Return the name of a form in lower case; raise ``ValueError`` with the reason."""
    name = text.strip().lower()
    if name not in _NAMES:
        raise ValueError(f"must be {' or '.join(_NAMES)}, not {text[:60]!r}")
    return name
