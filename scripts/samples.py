"""Generates a small folder of real files for every task type.

``python scripts/samples.py FOLDER`` writes ``FOLDER/<task type>/<file>`` and lists the files.
The same versions of the libraries give the same bytes on each run.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

if __name__ == "__main__":
    # Python adds only the script's own folder to the path, not the project's.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import (
    samples_documents,
    samples_pages,
    samples_pictures,
    samples_sounds,
    samples_texts,
)
from scripts.samples_pictures import photos
from scripts.samples_texts import texts

__all__ = ["make", "photos", "texts"]

_MAKERS: dict[str, Callable[[Path], list[Path]]] = {
    "image": samples_pictures.make,
    "text": samples_texts.make_moods,
    "embedding": samples_texts.make_topics,
    "ocr": samples_pages.make,
    "audio": samples_sounds.make,
    "document": samples_documents.make,
}


def make(folder: Path) -> dict[str, list[Path]]:
    """Write the samples into a folder for each task type; return the files by task type.

    Missing folders are created, and samples of an earlier run are overwritten. Raises ``OSError``
    if the folder can't be written to.
    """
    made = {}
    for task_type, make_type in _MAKERS.items():
        place = folder / task_type
        place.mkdir(parents=True, exist_ok=True)
        made[task_type] = make_type(place)
    return made


def main() -> None:
    """Make the samples in the folder that the command line names, and list them."""
    parser = argparse.ArgumentParser(description="Make small sample files of every task type.")
    parser.add_argument("folder", type=Path, help="where to write; created if it is missing")
    folder = parser.parse_args().folder
    try:
        made = make(folder)
    except OSError as error:
        sys.exit(f"The samples could not be written: {error}")
    for task_type, paths in made.items():
        print(f"{task_type} ({folder / task_type})")
        for path in paths:
            print(f"  {path.stat().st_size:>9,} bytes  {path.name}")


if __name__ == "__main__":
    main()
