"""Tests of a job's options: parsing, refusals, and what they need of a slave."""

import json

import pytest

from protocol import options
from protocol.task_types import TASK_TYPES

OCR = TASK_TYPES["ocr"].options


def test_no_options() -> None:
    """An empty field is no option, as is an empty object."""
    assert options.parse("", OCR) == options.parse(" ", OCR) == options.parse("{}", OCR) == {}


def test_values_have_a_normal_form() -> None:
    """Values that mean the same are the same."""
    for text in ("deu+eng", "deu, eng", "deu+eng+deu"):
        assert options.parse(json.dumps({"language": text}), OCR) == {"language": "deu+eng"}


@pytest.mark.parametrize("text", ["[]", "deu", "{", '{"language": NaN}', "null", "[" * 9000])
def test_other_than_an_object_is_refused(text: str) -> None:
    """Anything but a JSON object is refused, with an example of one."""
    with pytest.raises(ValueError, match=r"must be a JSON object, such as \{\"language\": \"eng"):
        options.parse(text, OCR)


def test_too_long_field_is_refused() -> None:
    """The field is bounded."""
    with pytest.raises(ValueError, match="10,000 characters at most"):
        options.parse(json.dumps({"language": "e" * 10_000}), OCR)


@pytest.mark.parametrize(
    ("task_type", "values", "sentence"),
    [
        (
            "ocr",
            {"langage": "deu"},
            "no option 'langage' (its options: language, engine, output).",
        ),
        ("text", {"language": "deu"}, "no option 'language' (its options: keywords)."),
        ("ocr", {"language": 3}, "The option language must be a text, such as 'eng+deu'."),
        ("ocr", {"language": "../deu"}, "The option language must be names of Tesseract's lang"),
        ("ocr", {"engine": "abbyy"}, "must be one of auto, tesseract, rapidocr, not 'abbyy'."),
        ("ocr", {"output": "docx"}, "The option output must be json or pdf, not 'docx'."),
        ("document", {"output": "pdf"}, "has no option 'output' (its options: language, engine)."),
        ("ocr", {"language": ""}, "The option language must be names of Tesseract's languages"),
    ],
)
def test_refusal_names_the_option(task_type: str, values: object, sentence: str) -> None:
    """An unknown option or an invalid value is refused in a sentence that names it."""
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 (the sentence is what is tested)
        options.parse(json.dumps(values), TASK_TYPES[task_type].options)
    assert sentence in str(refusal.value)


def test_type_without_options_has_none() -> None:
    """The refusal does not list what is not there."""
    with pytest.raises(ValueError, match=r"has no option 'language' \(it has none\)\."):
        options.check({"language": "deu"}, ())


def test_options_are_keywords_and_features() -> None:
    """The processor gets keyword arguments, and the slave needs each language."""
    values = options.parse('{"language": "deu+fra"}', OCR)
    assert options.keywords(values, OCR) == {"languages": "deu+fra"}
    needed = options.features(values, OCR)
    assert needed == {"ocr:deu", "ocr:fra"}
    assert options.described("ocr", needed) == "ocr with deu and fra"
    assert options.described("text", frozenset()) == "text"


def test_engine_that_not_every_slave_has_is_a_feature() -> None:
    """RapidOCR is needed only where it is asked for."""
    for engine, needed in (("RapidOCR", {"ocr-engine:rapidocr"}), ("auto", set())):
        values = options.parse(json.dumps({"engine": engine}), OCR)
        assert options.keywords(values, OCR) == {"engine": engine.lower()}
        assert options.features(values, OCR) == needed


def test_form_of_the_result_names_the_file() -> None:
    """A searchable PDF is saved with its own ending, other results as ever."""
    ocr = TASK_TYPES["ocr"]
    assert ocr.with_options({"output": "pdf"}).saved_name == "{stem}_ocr.pdf"
    assert ocr.with_options({"output": "json", "language": "eng"}) is ocr
