"""Makes the content of documents: headings, paragraphs and tables of random words."""

import random
from dataclasses import dataclass

_WORDS = (
    """time year people way day man thing woman life child world school state family student
    group country problem hand part place case week company system program question work
    government number night point home water room mother area money story fact month lot right
    study book eye job word business issue side kind head house service friend father
    power""".split(),
    """příliš žluťoučký kůň úpěl ďábelské ódy město řeka třída škola dítě láska vůně""".split(),
    """Straße über größer Mädchen Füße können schön früh Übung Äpfel""".split(),
    """привет город река школа ребёнок книга слово подъезд""".split(),
    """καλημέρα κόσμε θάλασσα ποταμός βιβλίο λέξη""".split(),
    """日本語 東京 学校 電車 中文 漢字 한국어 학교""".split(),
    """R&D <tag> "quoted" don't 3.5% naïve café 🌻 {brace} back\\slash € 1,000""".split(),
)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, the paragraphs below it, and the rows of a table below these."""

    heading: str
    paragraphs: list[str]
    table: list[list[str]]


def sections(generator: random.Random, *, ascii_only: bool) -> list[Section]:
    """Return two to five sections; with ``ascii_only`` of English words alone."""
    lists = _WORDS[:1] if ascii_only else _WORDS

    def words(least: int, most: int) -> str:
        language = generator.choice(lists)
        return " ".join(generator.choices(language, k=generator.randint(least, most)))

    return [
        Section(
            f"{words(2, 5)} {number}",
            [words(30, 90) for _ in range(generator.randint(1, 4))],
            [[words(1, 2) for _ in range(3)] for _ in range(generator.randint(2, 5))],
        )
        for number in range(generator.randint(2, 5))
    ]


def expected_text(made: list[Section]) -> str:
    """Return all words in order."""
    lines: list[str] = []
    for part in made:
        lines += [part.heading, *part.paragraphs, *(" ".join(row) for row in part.table)]
    return "\n".join(lines)
