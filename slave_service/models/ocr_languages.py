"""Reads OCR_LANGUAGES, and knows which languages Tesseract has here and how to add others."""

import hashlib
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

DEFAULT = "eng"
MAX_LANGUAGES = 10
"""Each language more makes Tesseract slower and less sure."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{1,39}(/[A-Za-z][A-Za-z0-9_]{1,39})?")
_NO_LANGUAGES = frozenset({"osd", "equ"})
"""Data for orientation and equations, which come with Tesseract and read no text."""
_LATIN = frozenset(
    "afr bos cat ces cym dan deu est eus fin fra frk gle glg hrv hun ind isl ita lat lav lit ltz "
    "mlt msa nld nor pol por ron slk slv spa sqi swe tur".split()
)
_FOLDER = re.compile(r'in "([^"]+)"')
_TIMEOUT_S = 30
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Installed:
    """The languages of this computer's Tesseract, and the folder of their data where it is told."""

    names: tuple[str, ...]
    folder: Path | None


def parse(text: str) -> str:
    """Return languages in Tesseract's own form, ``eng+deu``, each once and in the order given.

    They may be separated by ``+`` or commas. Raises ``ValueError`` with what is wrong.
    """
    names = list(dict.fromkeys(name.strip() for name in re.split(r"[+,]", text)))
    for name in names:
        if not _NAME.fullmatch(name) or name in _NO_LANGUAGES:
            raise ValueError(
                f"must be names of Tesseract's languages, such as eng or eng+deu, not {text[:60]!r}"
            )
    if len(names) > MAX_LANGUAGES:
        raise ValueError(f"may name {MAX_LANGUAGES} languages at most, not {len(names)}")
    return "+".join(names)


def best_order(languages: str) -> str:
    """Return ``eng+deu`` in the order that Tesseract reads best, which is ``deu+eng``.

    Tesseract begins with the first one, and keeps what that is sure of. English, which is sure of
    letters without their accents, comes after others that are written in Latin letters.
    """
    names = languages.split("+")
    others = [name for name in names if name != DEFAULT]
    if DEFAULT in names and _LATIN.issuperset(others):
        return "+".join([*others, DEFAULT])
    return languages


def installed() -> Installed | None:
    """Ask Tesseract for its languages; None where it can't be run."""
    try:
        done = subprocess.run(
            ["tesseract", "--list-langs"],  # noqa: S607 (from PATH, as pytesseract runs it)
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            timeout=_TIMEOUT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    title, *names = done.stdout.decode("utf-8", "replace").splitlines() or [""]
    found = tuple(sorted(name for name in names if _NAME.fullmatch(name)))
    folder = _FOLDER.search(title)
    languages = tuple(name for name in found if name not in _NO_LANGUAGES)
    return Installed(languages, Path(folder[1]) if folder else None)


def why_missing(languages: str, there: Installed) -> str | None:
    """Say which of ``eng+deu`` is not installed and how to add it; None where all are.

    Tesseract itself goes on without those that it does not find.
    """
    missing = [name for name in languages.split("+") if name not in there.names]
    if not missing:
        return None
    packages = " ".join(f"tesseract-ocr-{_package(name)}" for name in missing)
    return (
        f"Tesseract has no data here for {', '.join(missing)}, but for "
        f"{', '.join(there.names) or 'no language'}; add it (on Debian or Ubuntu: apt install "
        f"{packages}; on macOS: brew install tesseract-lang) or change OCR_LANGUAGES"
    )


def fingerprints(languages: str, there: Installed) -> dict[str, str]:
    """Return the beginning of the SHA-256 of each language's data, which has no version to tell."""
    if there.folder is None:
        return {}
    files = {name: there.folder / f"{name}.traineddata" for name in languages.split("+")}
    return {f"traineddata {name}": _hash(file) for name, file in files.items() if file.is_file()}


def _package(name: str) -> str:
    return name.lower().replace("_", "-").replace("/", "-")


def _hash(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as data:
        while block := data.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()[:16]
