"""Finds which languages are installed for Tesseract."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from protocol.option_values.ocr_languages import (
    DEFAULT,
    MAX_LANGUAGES,
    NAME,
    NO_LANGUAGES,
    features,
    parse,
)
from slave_service.models.packages import sha256

__all__ = ["DEFAULT", "MAX_LANGUAGES", "features", "parse"]

LATIN = frozenset(
    "afr bos cat ces cym dan deu est eus fin fra frk gle glg hrv hun ind isl ita lat lav lit ltz "
    "mlt msa nld nor pol por ron slk slv spa sqi swe tur".split()
)
_FOLDER = re.compile(r'in "([^"]+)"')
_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Installed:
    """The installed languages, and the folder of their data where Tesseract states it."""

    names: tuple[str, ...]
    folder: Path | None


def best_order(languages: str) -> str:
    """Return the languages in the order that gives the best text: ``deu+eng`` for ``eng+deu``.

    Tesseract tries the first language first and keeps words of high confidence. English gives high
    confidence to letters without their accents, so other languages in Latin script precede it.
    """
    names = languages.split("+")
    others = [name for name in names if name != DEFAULT]
    if DEFAULT in names and LATIN.issuperset(others):
        return "+".join([*others, DEFAULT])
    return languages


def installed() -> Installed | None:
    """Return the installed languages; None where Tesseract can't be started."""
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
    found = tuple(sorted(name for name in names if NAME.fullmatch(name)))
    folder = _FOLDER.search(title)
    languages = tuple(name for name in found if name not in NO_LANGUAGES)
    return Installed(languages, Path(folder[1]) if folder else None)


def why_missing(languages: str, available: Installed) -> str | None:
    """Return which of ``eng+deu`` are not installed and how to add them; None where all are.

    The check is needed because Tesseract ignores missing languages.
    """
    missing = [name for name in languages.split("+") if name not in available.names]
    if not missing:
        return None
    packages = " ".join(f"tesseract-ocr-{_package(name)}" for name in missing)
    return (
        f"Tesseract has no data here for {', '.join(missing)}, but for "
        f"{', '.join(available.names) or 'no language'}; add it (on Debian or Ubuntu: apt install "
        f"{packages}; on macOS: brew install tesseract-lang) or change OCR_LANGUAGES"
    )


def fingerprints(languages: str, available: Installed) -> dict[str, str]:
    """Return 16 digits of the SHA-256 of each language's data, which states no version."""
    if available.folder is None:
        return {}
    files = {name: available.folder / f"{name}.traineddata" for name in languages.split("+")}
    present = {name: file for name, file in files.items() if file.is_file()}
    return {f"traineddata {name}": sha256(file)[:16] for name, file in present.items()}


def _package(name: str) -> str:
    return name.lower().replace("_", "-").replace("/", "-")
