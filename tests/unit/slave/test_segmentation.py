"""Keywords of Chinese and Japanese texts, by the optional libraries of requirements-text.txt."""

import io
import time
from typing import Any

import pytest

from protocol import options
from protocol.failures import Unavailable
from protocol.option_values.segmentation import FEATURE, SEGMENTED, WORDS
from protocol.task_types import TASK_TYPES
from slave_service import text_processing
from slave_service.models import segmentation

installed = pytest.mark.skipif(
    not segmentation.is_installed(), reason="requirements-text.txt is not installed"
)
SIMPLIFIED = (
    "北京大学的学生在图书馆里学习人工智能。图书馆没有时间限制,学生喜欢 Python 3.11。猫在睡觉。"
)
TRADITIONAL = "臺灣的圖書館在圖書館員的努力下發展很快。農民擔心颱風,臺灣政府重視環境。"
JAPANESE = (
    "東京大学の学生が図書館で人工知能を勉強しています。図書館は静かです。2024年に三人の友達と新製品を"
    "買った。買うことについて話す。猫とPythonが好き。"
)


def analyse(text: str, keywords: str = SEGMENTED) -> dict[str, Any]:
    return text_processing.process(io.BytesIO(text.encode()), keywords)


@installed
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SIMPLIFIED, "学生2 图书馆2 北京大学 学习 人工智能 时间 限制 喜欢 python 猫"),
        (TRADITIONAL, "臺灣2 圖書館 圖書館員 努力 發展 農民 擔心 颱風 政府 重視"),
        (JAPANESE, "図書館2 買う2 東京大学 学生 人工知能 勉強 静か 友達 新製品 話す"),
    ],
    ids=["simplified", "traditional", "japanese"],
)
def test_keywords_are_words_of_the_dictionary(text: str, expected: str) -> None:
    """They are written as in the text, inflected ones as in a dictionary; no other key changes."""
    result, plain = analyse(text), analyse(text, WORDS)
    keywords = [
        (word, 1) if not word[-1].isdigit() else (word[:-1], 2) for word in expected.split()
    ]
    assert result["keywords"] == [[*item] for item in keywords]
    assert result | {"keywords": plain["keywords"]} == plain
    assert analyse(text) == result


@installed
def test_words_without_meaning_are_left_out() -> None:
    """Particles, auxiliaries, counters and marks are no keywords and end a compound."""
    text = "今日学校に行くことができる。3 個、100円。お茶を飲む。田中さん。東京 大阪\0京都"
    found = [word for word, _ in segmentation.segmented_keywords(text, "ja")]
    assert found == ["今日", "学校", "茶", "飲む", "田中", "東京", "大阪", "京都"]
    assert segmentation.segmented_keywords("我是的，我们可以在这里。\0水", "zh") == [["水", 1]]


@installed
@pytest.mark.parametrize("language", ["zh", "ja"])
@pytest.mark.parametrize("part", ["a", "ア"])
def test_long_runs_take_linear_time(language: str, part: str) -> None:
    """Ten thousand equal characters take well below a second."""
    segmentation.segmented_keywords(part, language)
    began = time.process_time()
    segmentation.segmented_keywords(part * 10_000, language)
    assert time.process_time() - began < 0.5


@installed
def test_long_text_has_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the beginning is divided, and the result says so."""
    monkeypatch.setattr(segmentation, "MAX_CHARACTERS", 18)
    result = analyse(SIMPLIFIED)
    assert ["人工智能", 1] in result["keywords"]
    assert ["猫", 1] not in result["keywords"]
    assert result["warnings"] == [segmentation.NOT_WHOLE]


@installed
def test_a_slave_with_the_libraries_names_them() -> None:
    """The feature is registered, with the versions on which results depend."""
    assert text_processing.features() == {FEATURE}
    assert set(text_processing.versions()) == {"rjieba", "opencc", "fugashi", "unidic-lite"}


def test_without_the_libraries_nothing_is_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other texts and other jobs are analyzed as ever; Chinese is refused with what to install."""
    monkeypatch.setattr(segmentation, "is_installed", lambda: False)
    assert text_processing.features() == frozenset()
    assert text_processing.versions() == {}
    english = "The harvest was good. The harvest is in."
    assert analyse(english) == analyse(english, "")
    assert analyse(SIMPLIFIED, WORDS)["language"] == "zh"
    with pytest.raises(Unavailable, match=r"pip install -r requirements-text\.txt"):
        analyse(SIMPLIFIED)


def test_option_names_the_feature() -> None:
    """``keywords`` is words or segmented, which needs slaves with the feature."""
    declared = TASK_TYPES["text"].options
    parsed = options.parse('{"keywords": " Segmented"}', declared)
    assert parsed == {"keywords": SEGMENTED}
    assert options.features(parsed, declared) == {FEATURE}
    assert options.features({"keywords": WORDS}, declared) == frozenset()
    with pytest.raises(ValueError, match="must be words or segmented, not 'yes'"):
        options.parse('{"keywords": "yes"}', declared)
