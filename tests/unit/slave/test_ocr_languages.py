"""OCR in languages other than English: the setting, installed languages and results."""

import io
import os
import shutil
import stat
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from protocol.failures import Unavailable
from protocol.settings.environment import Environment, SettingError
from slave_service import ocr_processing
from slave_service.models import ocr_languages
from slave_service.models.ocr import rapid
from slave_service.models.ocr_languages import Installed
from slave_service.settings import SlaveSettings
from tests.conftest import need
from tests.hostile.pdf_writing import one_page, stream

GERMAN = "Größere Mengen für Übungszwecke, schöne Grüße."


@pytest.fixture
def german() -> None:
    """Skip where Tesseract has no German on a developer's computer; fail where CI lacks it."""
    need("tesseract")
    available = ocr_languages.installed()
    if available is None or "deu" not in available.names:
        if os.environ.get("CI"):
            pytest.fail("Tesseract has no German in CI")
        pytest.skip("tesseract-ocr-deu is not installed here (scripts/setup.sh dev installs it)")


@pytest.fixture
def no_german(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Make Tesseract find only English."""
    need("tesseract")
    available = ocr_languages.installed()
    if available is None or available.folder is None:
        pytest.skip("this Tesseract does not tell where its data is")
    data = tmp_path / "tessdata"
    data.mkdir()
    shutil.copy(available.folder / "eng.traineddata", data)
    # The output formats of Tesseract are files in the same folder.
    for name in ("configs", "tessconfigs"):
        if (available.folder / name).is_dir():
            shutil.copytree(available.folder / name, data / name)
    monkeypatch.setenv("TESSDATA_PREFIX", str(data))


def page(text: str) -> io.BytesIO:
    """Return a picture of a line of text, drawn by PDFium, which has a font with umlauts."""
    font = b"/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Times-Roman/Encoding/WinAnsiEncoding>>>>"
    shown = b"BT /F 8 Tf 9 40 Td (%s) Tj ET" % text.encode("cp1252")
    pdf = pypdfium2.PdfDocument(one_page(stream(shown), resources=font))
    file = io.BytesIO()
    pdf[0].render(scale=5).to_pil().convert("L").save(file, "PNG")
    pdf.close()
    return file


def slave(languages: str) -> SlaveSettings:
    return SlaveSettings.read(Environment({"OCR_LANGUAGES": languages}, Path("/")))


@pytest.mark.parametrize(
    ("given", "languages"),
    [
        ("eng", "eng"),
        ("eng+deu", "eng+deu"),
        ("deu, eng", "deu+eng"),
        ("eng,eng + deu", "eng+deu"),
        ("chi_sim+script/Latin", "chi_sim+script/Latin"),
    ],
)
def test_both_separators_are_accepted(given: str, languages: str) -> None:
    """Languages are separated by plus signs or commas, in unchanged order, without duplicates."""
    assert ocr_languages.parse(given) == languages


@pytest.mark.parametrize(
    ("languages", "order"),
    [
        ("eng", "eng"),
        ("eng+deu", "deu+eng"),
        ("deu+eng+fra", "deu+fra+eng"),
        ("eng+jpn", "eng+jpn"),
        ("deu", "deu"),
    ],
)
def test_english_comes_after_other_latin_languages(languages: str, order: str) -> None:
    """English follows other languages in Latin script; otherwise the order is unchanged."""
    assert ocr_languages.best_order(languages) == order


def test_message_about_missing_languages_names_their_packages() -> None:
    """The message names the missing and the installed languages and the packages to install."""
    available = Installed(("deu", "eng"), None)
    assert ocr_languages.why_missing("eng+deu", available) is None
    why = ocr_languages.why_missing("eng+chi_sim+fra", available)
    assert why is not None
    assert "no data here for chi_sim, fra, but for deu, eng" in why
    assert "apt install tesseract-ocr-chi-sim tesseract-ocr-fra" in why


@pytest.mark.usefixtures("no_german")
def test_a_language_that_is_not_installed_stops_the_slave() -> None:
    """The error is one line with the setting and how to install the language."""
    with pytest.raises(SettingError, match="tesseract-ocr-deu") as caught:
        slave("eng+deu")
    (line,) = str(caught.value).splitlines()
    assert line.startswith("OCR_LANGUAGES=eng+deu: ")


@pytest.mark.usefixtures("no_german")
def test_self_test_fails_for_a_missing_language() -> None:
    """The self-test fails for a missing language, which Tesseract ignores."""
    with pytest.raises(Unavailable, match="tesseract-ocr-deu"):
        ocr_processing.self_test("eng+deu")


def test_without_tesseract_the_setting_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A slave without Tesseract starts with any OCR_LANGUAGES."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ocr_languages.installed() is None
    assert slave("eng+deu").ocr_languages == "eng+deu"


@pytest.mark.skipif(os.name != "posix", reason="the program stands in a script of the shell")
def test_output_of_other_versions_is_parsed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Tesseract 4 names no folder and can write the list to standard error."""
    program = tmp_path / "tesseract"
    program.write_text(
        "#!/bin/sh\n/bin/echo 'List of available languages (3):\neng\nosd\nfra' >&2\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    available = ocr_languages.installed()
    assert available == Installed(("eng", "fra"), None)
    assert ocr_languages.fingerprints("eng", available) == {}


@pytest.mark.usefixtures("german")
def test_german_is_read_with_german(monkeypatch: pytest.MonkeyPatch) -> None:
    """With German, umlauts and ß are read, and the result names the languages."""
    monkeypatch.setattr(rapid, "is_installed", lambda: False)
    result: dict[str, Any] = ocr_processing.process(page(GERMAN), languages="eng+deu")
    assert (result["extracted_text"], result["language"]) == (GERMAN, "eng+deu")
    assert ocr_processing.process(page(GERMAN))["extracted_text"] != GERMAN


@pytest.mark.usefixtures("german")
def test_languages_and_their_data_are_registered() -> None:
    """The setting and a fingerprint of each language's data are versions of the slave."""
    ocr_processing.self_test("deu")
    versions = ocr_processing.versions("eng+deu")
    assert versions["OCR_LANGUAGES"] == "eng+deu"
    prints = [versions[f"traineddata {name}"] for name in ("eng", "deu")]
    assert [len(each) for each in prints] == [16, 16]
    assert prints[0] != prints[1]
    features = ocr_processing.features()
    assert {"ocr:eng", "ocr:deu"} <= features
    assert "ocr:osd" not in features
