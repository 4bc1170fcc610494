"""The sample files are what their names say, and come out the same on every run."""

import os
import struct
import subprocess
import sys
import wave
import zipfile
from pathlib import Path

import docx
import numpy as np
import pypdfium2
import pytest
import soundfile
from PIL import ExifTags, Image, ImageOps

from protocol.task_types import TASK_TYPES
from scripts import samples
from slave_service import text_processing

Made = dict[str, list[Path]]

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Return one set of samples for all tests here."""
    return samples.make(tmp_path_factory.mktemp("samples"))


def the(made: Made, task_type: str, name: str) -> Path:
    """Return the one sample whose name begins like this."""
    (path,) = (path for path in made[task_type] if path.name.startswith(name))
    return path


def test_every_task_type_has_samples(made: Made) -> None:
    """Each row of the table of task types has files, in a folder of its name."""
    assert list(made) == list(TASK_TYPES)
    for task_type, paths in made.items():
        assert paths
        assert {path.parent.name for path in paths} == {task_type}
        assert len({path.name.casefold() for path in paths}) == len(paths)
        assert sorted(paths[0].parent.iterdir()) == sorted(paths)


@pytest.mark.slow
def test_script_makes_the_same_bytes(made: Made, tmp_path: Path) -> None:
    """Run by its path from another folder, with another hash seed, it makes the same files."""
    answer = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "samples.py"), "here"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONHASHSEED": "77", "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=120,
    )
    for task_type, paths in made.items():
        for path in paths:
            assert (tmp_path / "here" / task_type / path.name).read_bytes() == path.read_bytes()
            assert path.name in answer.stdout


def test_script_says_why_it_can_not_write(tmp_path: Path) -> None:
    """Where the folder is a file, it ends with one line and no traceback."""
    (tmp_path / "taken").write_bytes(b"")
    answer = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "samples.py"), str(tmp_path / "taken")],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert answer.returncode == 1
    assert answer.stderr.startswith("The samples could not be written: ")
    assert answer.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("task_type", "name", "orientation", "shown"),
    [
        ("image", "beach", 1, (1200, 800)),
        ("image", "mountains", 6, (800, 1200)),
        ("ocr", "scan", 1, (1240, 1150)),
        ("ocr", "notice", 8, (1100, 900)),
        ("ocr", "receipt", 1, (420, 560)),
    ],
)
def test_pictures_are_stored_as_cameras_do(
    made: Made, task_type: str, name: str, orientation: int, shown: tuple[int, int]
) -> None:
    """A picture on its side carries the EXIF orientation that sets it upright."""
    with Image.open(the(made, task_type, name)) as picture:
        assert picture.getexif().get(ExifTags.Base.Orientation, 1) == orientation
        assert ImageOps.exif_transpose(picture).size == shown


def test_mountains_are_upright_when_shown(made: Made) -> None:
    """Turned as its orientation says, the sky of the photo is above the ground."""
    with Image.open(the(made, "image", "mountains")) as picture:
        upright = np.asarray(ImageOps.exif_transpose(picture).convert("L"))
    assert upright[:300].mean() > upright[-300:].mean() + 30


def test_logo_is_clear_in_part(made: Made) -> None:
    """The logo has clear, half clear and solid parts."""
    with Image.open(the(made, "image", "logo")) as logo:
        assert (logo.format, logo.mode) == ("PNG", "RGBA")
        assert {0, 70, 255} <= set(logo.getchannel("A").tobytes())


def test_moon_has_16_bits(made: Made) -> None:
    """The moon has far more grays than 8 bits can tell apart, from dark to bright."""
    path = the(made, "image", "moon")
    depth, color_type = struct.unpack_from(">BB", path.read_bytes(), 24)
    assert (depth, color_type) == (16, 0)
    with Image.open(path) as moon:
        grays = np.asarray(moon)
    assert len(np.unique(grays)) > 10_000
    assert grays.min() < 1_000
    assert grays.max() > 50_000


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("thank", 0.4, 1.0), ("complaint", -1.0, -0.4), ("bus", -0.05, 0.05)],
)
def test_moods_are_clear(made: Made, name: str, low: float, high: float) -> None:
    """The glad text scores high, the angry one low, the neutral one almost 0."""
    with the(made, "text", name).open("rb") as file:
        score = text_processing.process(file)["sentiment_score"]
    assert isinstance(score, float)
    assert low <= score <= high


def test_letter_with_umlauts_is_cp1252(made: Made) -> None:
    """One text is no UTF-8, and reads in cp1252."""
    data = the(made, "text", "Grüße").read_bytes()
    assert "Nusshörnchen; Käthe" in data.decode("cp1252")
    with pytest.raises(UnicodeDecodeError):
        data.decode()


@pytest.mark.parametrize(
    ("name", "layout", "frames"),
    [
        ("chord", ("WAV", "PCM_16", 2, 44_100), 88_200),
        ("kitchen", ("WAV", "PCM_U8", 1, 8_000), 16_000),
        ("bell", ("WAVEX", "PCM_24", 2, 48_000), 72_000),
    ],
)
def test_sounds_are_of_three_kinds(
    made: Made, name: str, layout: tuple[str, str, int, int], frames: int
) -> None:
    """Each sound is stored as it claims, whole, and neither silent nor clipped."""
    path = the(made, "audio", name)
    about = soundfile.info(str(path))
    assert (about.format, about.subtype, about.channels, about.samplerate) == layout
    samples_read, _ = soundfile.read(str(path))
    assert len(samples_read) == frames
    assert 0.3 < np.abs(samples_read).max() < 0.95


def test_python_reads_the_plain_sounds(made: Made) -> None:
    """The 8-bit file reads alike in another reader than the one the cluster uses."""
    with wave.open(str(the(made, "audio", "kitchen")), "rb") as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getnframes()) == (1, 1, 16_000)


def test_pdf_has_text_and_metadata(made: Made) -> None:
    """The PDF opens without repair: its pages' text and its information are there."""
    path = the(made, "document", "water")
    data = path.read_bytes()
    (table,) = (int(line) for line in data.split(b"startxref\n")[1].split(b"\n")[:1])
    assert data[table : table + 5] == b"xref\n"
    for number, row in enumerate(data[table:].split(b"\n")[3:10], start=1):
        assert data[int(row[:10]) :].startswith(b"%d 0 obj\n" % number)
    with pypdfium2.PdfDocument(str(path)) as document:
        assert len(document) == 2
        assert document.get_metadata_dict()["Author"] == "Nora Field"
        texts = [page.get_textpage().get_text_range() for page in document]
    assert "harmless (it may leave white" in texts[0]
    assert "84,000 euros" in texts[1]


def test_scan_has_no_text_of_its_own(made: Made) -> None:
    """The scanned PDF has one page, which holds a picture and no text."""
    with pypdfium2.PdfDocument(str(the(made, "document", "scanned"))) as document:
        (page,) = document
        assert page.get_textpage().get_text_range() == ""
        assert len(list(page.get_objects())) == 1


def test_docx_has_a_table_and_no_clock(made: Made) -> None:
    """The DOCX has headings and a table, and nothing in it tells when it was made."""
    path = the(made, "document", "trip")
    document = docx.Document(str(path))
    styles = {part.text: part.style.name for part in document.paragraphs if part.style}
    assert (styles["Trip to the Coast"], styles["What it costs"]) == ("Title", "Heading 1")
    assert [cell.text for cell in document.tables[0].rows[2].cells][2] == "28"
    assert document.core_properties.modified == document.core_properties.created
    with zipfile.ZipFile(path) as package:
        assert package.testzip() is None
        assert {part.date_time for part in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.slow
def test_photos_are_large_and_different(tmp_path: Path) -> None:
    """Photos are JPEGs of 1 to 2 MB; no two are the same, and a seed gives the same again."""
    paths = samples.photos(tmp_path / "a", 2, seed=5)
    again = samples.photos(tmp_path / "b", 2, seed=5)
    contents = [path.read_bytes() for path in paths]
    assert len(set(contents)) == 2
    assert contents == [path.read_bytes() for path in again]
    for path in paths:
        assert 1_000_000 <= path.stat().st_size <= 2_000_000
        with Image.open(path) as picture:
            assert (picture.format, picture.size) == ("JPEG", (3000, 2000))


def test_texts_are_of_the_size_asked_for(tmp_path: Path) -> None:
    """Made-up texts have about the size asked for, differ, and a seed gives the same again."""
    paths = samples.texts(tmp_path / "a", 50, 2048)
    again = samples.texts(tmp_path / "b", 50, 2048)
    contents = [path.read_bytes() for path in paths]
    assert len(set(contents)) == 50
    assert contents == [path.read_bytes() for path in again]
    assert all(abs(len(content) - 2048) < 32 for content in contents)
    assert contents != [path.read_bytes() for path in samples.texts(tmp_path / "c", 50, 2048, 1)]


def test_shortest_texts_differ_too(tmp_path: Path) -> None:
    """Even texts of no size to speak of are different."""
    paths = samples.texts(tmp_path, 30, 1)
    assert len({path.read_bytes() for path in paths}) == 30
