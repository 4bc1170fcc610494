"""The options of the type ``image``: facts to be written into the result, and frames to convert."""

import re

from protocol.options import Option

CAMERA, DATE, PLACE, HASH = "camera", "date", "place", "perceptual_hash"
FACTS = (CAMERA, DATE, PLACE, HASH)
"""What a result can state, which are also the keywords of its PNG text chunks."""
NO_FACTS = ""
ALL, FIRST = "all", "first"
MAX_FRAME = 10_000
_RANGE = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")


def parse_facts(text: str) -> str:
    """Return facts as ``camera,date``, each once and in the order of ``FACTS``.

    Raises ``ValueError`` with the reason.
    """
    names = {name.strip().lower() for name in re.split(r"[,+]", text)}
    if unknown := sorted(names - set(FACTS)):
        raise ValueError(f"must be some of {', '.join(FACTS)}, not {unknown[0][:60]!r}")
    return ",".join(name for name in FACTS if name in names)


def parse_frames(text: str) -> str:
    """Return ``first``, ``all``, or numbers from 1 such as ``3`` or ``2-10``.

    Raises ``ValueError`` with the reason.
    """
    value = text.strip().lower()
    if value in (ALL, FIRST):
        return value
    found = _RANGE.fullmatch(value.replace(" ", ""))
    begin = int(found[1]) if found else 0
    end = int(found[2] or begin) if found else 0
    if not 1 <= begin <= end <= MAX_FRAME:
        raise ValueError(
            f"must be all, first, a number such as 3 or a range such as 2-10, from 1 to "
            f"{MAX_FRAME:,}, not {text[:60]!r}"
        )
    if begin == end:
        return str(begin) if begin > 1 else FIRST
    return f"{begin}-{end}"


def frame_range(frames: str) -> tuple[int, int]:
    """Return the first and the last number, from 1, that ``parse_frames`` returned."""
    if frames == ALL:
        return 1, MAX_FRAME
    if frames == FIRST:
        return 1, 1
    begin, _, end = frames.partition("-")
    return int(begin), int(end or begin)


FACTS_OPTION = Option(
    "facts",
    "facts",
    parse_facts,
    "What the result states as text chunks of its PNG: camera, date (when it was taken) and place "
    "by the EXIF data of the file, and perceptual_hash, by which near-duplicates are found. "
    "Default: none, so that the result has no metadata.",
    "camera,date",
)


FRAMES_OPTION = Option(
    "frames",
    "frames",
    parse_frames,
    "Which pages of a TIFF or frames of an animation are converted: first, all, a number from 1, "
    "or a range. Several give an animated PNG. Default: first.",
    "2-10",
)
