"""Jobs of texts on known topics, with copies in which few words are changed."""

import random
from dataclasses import dataclass

_TOPICS = (
    "harbour lantern sailor anchor tide gull island storm deck mast rope captain voyage wave coast",
    "kettle pepper butter oven spoon recipe onion flour sugar dough plate roast sauce soup cheese",
    "meadow rose shovel hedge beetle compost tulip pond seed lawn root soil blossom fence prune",
    "planet orbit comet telescope galaxy rocket moon gravity crater eclipse nebula probe star",
    "judge verdict court lawyer trial witness prison appeal evidence jury crime sentence oath bail",
    "goal referee league striker penalty stadium coach defender season match trophy fans kick",
    "violin choir melody rhythm concert piano chord opera tenor drum flute stage score tune",
)
_COMMON = "today people often small great began never place thing year because another many found"
_WORDS = 60
_SHARE_COMMON = 0.25
_CHANGED = 2


@dataclass(frozen=True, slots=True)
class TopicJob:
    """Texts, the number of each one's topic, and the pairs of a text and its changed copy."""

    texts: list[str]
    topics: list[int]
    copies: set[tuple[int, int]]


def topic_job(generator: random.Random) -> TopicJob:
    """Return 3 to 6 topics with 8 to 20 texts each, in random order, and one copy of each topic."""
    chosen = generator.sample(range(len(_TOPICS)), generator.randint(3, 6))
    topics = [topic for topic in chosen for _ in range(generator.randint(8, 20))]
    generator.shuffle(topics)
    texts = [_text(generator, topic) for topic in topics]
    copies = set()
    for topic in chosen:
        original = topics.index(topic)
        words = texts[original].split()
        for place in generator.sample(range(len(words)), _CHANGED):
            words[place] = generator.choice(_COMMON.split())
        copies.add((original, len(texts)))
        texts.append(" ".join(words))
        topics.append(topic)
    return TopicJob(texts, topics, copies)


def _text(generator: random.Random, topic: int) -> str:
    kinds = (_COMMON.split(), _TOPICS[topic].split())
    weights = (_SHARE_COMMON, 1 - _SHARE_COMMON)
    some = generator.choices(kinds, weights, k=_WORDS)
    return " ".join(generator.choice(kind) for kind in some)
