"""The names of Tesseract's languages, in settings and in the option ``language`` of a job."""

import re

from protocol.options import Option

DEFAULT = "eng"
MAX_LANGUAGES = 10
"""Each additional language makes Tesseract slower and less accurate."""
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{1,39}(/[A-Za-z][A-Za-z0-9_]{1,39})?")
NO_LANGUAGES = frozenset({"osd", "equ"})
"""Data for orientation and equations, which Tesseract lists as languages."""
_FEATURE = "ocr:"


def parse(text: str) -> str:
    """Return languages in Tesseract's form, ``eng+deu``, without duplicates and in the given order.

    ``text`` separates them by ``+`` or commas. Raises ``ValueError`` with the reason.
    """
    names = list(dict.fromkeys(name.strip() for name in re.split(r"[+,]", text)))
    for name in names:
        if not NAME.fullmatch(name) or name in NO_LANGUAGES:
            raise ValueError(
                f"must be names of Tesseract's languages, such as eng or eng+deu, not {text[:60]!r}"
            )
    if len(names) > MAX_LANGUAGES:
        raise ValueError(f"may name {MAX_LANGUAGES} languages at most, not {len(names)}")
    return "+".join(names)


def features(languages: str) -> frozenset[str]:
    """Return the features that a slave must have to read ``eng+deu``."""
    return frozenset(_FEATURE + name for name in languages.split("+") if name)


def installed(features: frozenset[str]) -> list[str]:
    """Return the languages that a slave with these features can read, sorted."""
    return sorted(name.removeprefix(_FEATURE) for name in features if name.startswith(_FEATURE))


OPTION = Option(
    "language",
    "languages",
    parse,
    "Languages of the text in pictures and on scanned pages, by Tesseract's names. Only slaves "
    "that have them get the files. Default: OCR_LANGUAGES of the slave.",
    "eng+deu",
    features,
)
