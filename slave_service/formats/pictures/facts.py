"""States facts about a picture: its camera, date and place by EXIF, and its perceptual hash."""

import re
from contextlib import suppress
from typing import Any

from PIL import ExifTags, Image

from protocol.option_values.image import CAMERA, DATE, HASH, PLACE

_MAX_CHARACTERS = 200
_HASH_SIZE = 8
_DATE = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_OFFSET = re.compile(r"[+-]\d\d:\d\d")
_NO_NUMBERS = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError)
"""Exceptions of Pillow's rationals, of which the file can state any."""
_NAMES = {CAMERA: "camera", DATE: "date", PLACE: "place"}


def facts(names: str, picture: Image.Image, gray: Image.Image) -> tuple[dict[str, str], list[str]]:
    """Return the values of ``names`` (``camera,date``), and a warning about those not stated.

    ``picture`` is decoded, with its EXIF data; ``gray`` is the upright result in mode L.
    """
    exif = _exif(picture)
    readers = {CAMERA: _camera, DATE: _date, PLACE: _place}
    chosen = [name for name in names.split(",") if name]
    found = {name: readers[name](exif) for name in chosen if name in readers}
    if HASH in chosen:
        found[HASH] = perceptual_hash(gray)
    missing = [_NAMES[name] for name, value in found.items() if not value]
    warnings = (
        [f"The file does not state its {' and '.join(missing)}, so the result has none."]
        if missing
        else []
    )
    return {name: value for name, value in found.items() if value}, warnings


def perceptual_hash(gray: Image.Image) -> str:
    """Return the difference hash of a picture in mode L: 64 bits as 16 hexadecimal digits.

    The picture is scaled to 9 x 8 pixels, and each bit, row by row from the highest, says whether
    a pixel is lighter than its left neighbor (N. Krawetz, 2013). It equals ``imagehash.dhash`` of
    the same picture. Copies that are scaled, compressed or a little lighter differ in few bits.
    """
    small = gray.resize((_HASH_SIZE + 1, _HASH_SIZE), Image.Resampling.LANCZOS).tobytes()
    bits = 0
    for row in range(0, len(small), _HASH_SIZE + 1):
        for column in range(row, row + _HASH_SIZE):
            bits = bits << 1 | (small[column + 1] > small[column])
    return f"{bits:016x}"


def _exif(picture: Image.Image) -> dict[int, Any]:
    """Return the tags of all directories; a damaged directory counts as empty."""
    tags: dict[int, Any] = {}
    for directory in (None, ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        try:
            exif = picture.getexif()
            found = dict(exif if directory is None else exif.get_ifd(directory))
        except Exception:  # noqa: BLE001, S112 - Pillow raises any kind for damaged metadata
            continue
        # The numbers of GPS tags begin at 0 and would meet others.
        is_gps = directory == ExifTags.IFD.GPSInfo
        tags |= {-tag - 1: value for tag, value in found.items()} if is_gps else found
    return tags


def _text(value: object) -> str:
    """Return a text in one line, without control characters, limited in length."""
    # Pillow reads texts as Latin-1, which keeps the bytes; EXIF asks for ASCII, many write UTF-8.
    with suppress(UnicodeError):
        value = value.encode("latin-1").decode() if isinstance(value, str) else value
    line = "".join(char if char.isprintable() else " " for char in str(value or ""))
    return " ".join(line.split())[:_MAX_CHARACTERS]


def _camera(exif: dict[int, Any]) -> str:
    """Return the maker and the model; a model that begins with the maker is not doubled."""
    make, model = _text(exif.get(ExifTags.Base.Make)), _text(exif.get(ExifTags.Base.Model))
    maker = make.split()[:1]
    return model if model.split()[:1] == maker else f"{make} {model}".strip()


def _date(exif: dict[int, Any]) -> str:
    """Return when the picture was taken, in ISO 8601, with the offset from UTC if it is stated."""
    for tag, offset_tag in (
        (ExifTags.Base.DateTimeOriginal, ExifTags.Base.OffsetTimeOriginal),
        (ExifTags.Base.DateTimeDigitized, ExifTags.Base.OffsetTimeDigitized),
        (ExifTags.Base.DateTime, ExifTags.Base.OffsetTime),
    ):
        found = _DATE.match(_text(exif.get(tag)))
        if found and found[1] != "0000":
            offset = _OFFSET.fullmatch(_text(exif.get(offset_tag)))
            date = "{}-{}-{}T{}:{}:{}".format(*found.groups())
            return date + (offset[0] if offset else "")
    return ""


def _place(exif: dict[int, Any]) -> str:
    """Return latitude and longitude in degrees, north and east positive, with six decimals."""
    try:
        latitude = _degrees(exif, ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLatitudeRef, "S")
        longitude = _degrees(exif, ExifTags.GPS.GPSLongitude, ExifTags.GPS.GPSLongitudeRef, "W")
    except _NO_NUMBERS:
        return ""
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return ""
    return f"{latitude:.6f}, {longitude:.6f}"


def _degrees(exif: dict[int, Any], tag: int, reference: int, negative: str) -> float:
    degrees, minutes, seconds = (float(part) for part in exif[-tag - 1])
    value = degrees + minutes / 60 + seconds / 3600
    return -value if _text(exif.get(-reference - 1)).upper().startswith(negative) else value
