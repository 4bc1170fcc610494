"""Makes the sample texts: of different moods, on different topics, and any number of made-up ones.

Each set is a table of file names and contents; the texts were written for this purpose.
"""

from pathlib import Path

import numpy as np

_MOODS = {
    "thank you, team.txt": """\
Thank you all for a wonderful evening! The food was delicious, the music was beautiful, and I \
laughed more than I have in months. What a great surprise that even Tom came home for it.

The album you made is the best present I ever got. I am so happy and proud to work with such \
kind, clever and funny people. I love every page of it.
""",
    "complaint about the heating.txt": """\
I am writing to you for the third time, and I am angry. The heating in our flat has been broken \
for two weeks. It is terribly cold, the children are sick, and nobody in your office cares.

Your repair service is a disaster. The man who came on Tuesday was rude, made an awful mess, and \
left without fixing anything. This is the worst treatment I ever had, and I hate to be lied to.
""",
    "bus timetable.txt": """\
The bus with the sign 12 runs from the station to the harbour every 20 minutes. The first bus \
leaves at 5:40 and the last at 23:20. On Sundays it runs every 30 minutes.

Between the market and the bridge it waits at each corner. The ride takes 25 minutes. Tickets \
are sold at the machine behind the driver, and bicycles travel in the rear part.
""",
}
_LETTER_NAME = "Grüße aus Zürich.txt"
_LETTER = """\
Dear Jürgen,

Zürich is lovely in May. We are staying near the Bäckerei Müller, where they sell good bread and \
even better Nusshörnchen; Käthe already knows the baker by name. Yesterday we walked up the \
Üetliberg and had a perfect view over the lake.

Tomorrow we go to Köln by train. Say hello to Frau Weiß in the Höhenstraße!

With many greetings,
Björn
"""
_TOPICS = {
    "baking bread.txt": """\
Good bread needs flour, water, salt and time. Knead the dough until it is smooth, then let it \
rise in a warm bowl. A sourdough takes a whole night, a dough with yeast only two hours. Bake \
the loaf in a hot oven, with a cup of water beside it, until the crust is brown. Bread tastes \
best when the loaf has cooled.
""",
    "planets.txt": """\
Eight planets travel around the sun. The inner planets are small and made of rock; the outer \
planets are giants of gas and ice. Jupiter is larger than all other planets together. Through a \
telescope you can see its four bright moons, and the rings of Saturn. A year on Neptune lasts \
165 years on Earth.
""",
    "football rules.txt": """\
A football match lasts ninety minutes, with a break after the first half. Each team has eleven \
players, and only the goalkeeper may touch the ball with the hands. A team scores a goal when the \
whole ball crosses the line. The referee shows a yellow card as a warning and a red card to send \
players off.
""",
    "keeping bees.txt": """\
A hive of bees has one queen and many thousands of workers. In spring the bees collect pollen and \
nectar from flowers in the garden and turn the nectar into honey. The keeper opens the hive every \
week, looks for the queen and gives the bees room. In winter the bees live on honey, close \
together around the queen.
""",
    "the first railways.txt": """\
The first railways carried coal from the mines to the harbour. Horses drew the wagons until steam \
engines took over. In 1830 a railway for passengers was opened between Liverpool and Manchester; \
its engines ran faster than any coach. Within twenty years railways joined most cities, and \
stations set their clocks by the same time.
""",
}

_DETERMINERS = "the this that every our my your their one another"
_ADJECTIVES = """old new small large quiet loud happy sad bright dark warm cold clean empty heavy
light early late green blue red yellow wooden narrow wide famous lazy clever kind angry gentle
terrible wonderful broken careful hungry simple strange useful beautiful ugly brave tired"""
_NOUNS = """river bridge garden window letter teacher doctor farmer sailor harbour market kitchen
engine ticket island mountain forest village city street station train boat bicycle horse dog cat
bird apple bread coffee sugar winter summer morning evening storm cloud shadow mirror clock
computer printer server network camera picture painter singer piano violin concert museum library
book page question answer number problem machine factory office meeting report plan budget
customer price contract field valley road tower wall roof door key lamp table chair blanket coat
shoe hat child neighbour friend stranger captain king judge soldier baker student
professor"""
_VERBS = """carries finds loses paints repairs follows watches likes loves hates remembers forgets
builds breaks opens closes buys sells brings takes counts measures describes explains studies
cleans moves pushes pulls hides shows needs wants helps misses answers calls visits leaves meets
trusts praises blames"""
_PREPOSITIONS = """near behind before after under above without beside against inside outside
across beyond for with from"""
_OPENINGS = """today yesterday sometimes often usually later soon meanwhile finally luckily sadly
honestly suddenly slowly quickly tomorrow everywhere here there again"""
_NOUN_PHRASE = (_DETERMINERS, _ADJECTIVES, _NOUNS)
_CHOICES = tuple(
    words.split()
    for words in (*_NOUN_PHRASE, _VERBS, *_NOUN_PHRASE, _PREPOSITIONS, _NOUNS, _OPENINGS)
)
_SENTENCES = (
    "{0} {1} {2} {3} {4} {6} {7} the {8}.",
    "{9}, {0} {2} {3} {4} {5} {6}.",
    "{0} {2} was {1}, but {4} {6} was {5}!",
    "who {3} {0} {1} {2} {7} {4} {8}?",
    "{0} {2} {3} {4} {6}; {9} it {3} the {5} {8}, too.",
)
_MIN_SENTENCE = 20
_PARAGRAPH_SENTENCES = 6
"""Sentences in a paragraph."""


def make_moods(folder: Path) -> list[Path]:
    """Write a positive, a negative and a neutral text, and one with umlauts in cp1252."""
    paths = _write(folder, _MOODS)
    letter = folder / _LETTER_NAME
    letter.write_bytes(_LETTER.encode("cp1252"))
    return [*paths, letter]


def make_topics(folder: Path) -> list[Path]:
    """Write five texts on different topics."""
    return _write(folder, _TOPICS)


def texts(folder: Path, count: int, size: int, seed: int = 0) -> list[Path]:
    """Write ``count`` different texts of about ``size`` bytes: English words in English order.

    Each begins with its number, so that even short ones differ.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    paths = []
    for number in range(1, count + 1):
        path = folder / f"note {number:05}.txt"
        path.write_bytes(f"Note {number}\n\n{prose(rng, size)}\n".encode())
        paths.append(path)
    return paths


def _write(folder: Path, contents: dict[str, str]) -> list[Path]:
    for name, text in contents.items():
        # As bytes, since Windows would convert the line ends in text mode.
        (folder / name).write_bytes(text.encode())
    return [folder / name for name in contents]


def prose(rng: np.random.Generator, size: int) -> str:
    """Return sentences of about ``size`` characters in all; the last one ends with a full stop."""
    lengths = [len(_SENTENCES), *map(len, _CHOICES)]
    drawn = rng.integers(0, lengths, (size // _MIN_SENTENCE + 1, len(lengths))).tolist()
    sentences: list[str] = []
    written = 0
    for form, *picks in drawn:
        words = [choice[pick] for choice, pick in zip(_CHOICES, picks, strict=True)]
        sentence = _SENTENCES[form].format(*words)
        end = "\n\n" if len(sentences) % _PARAGRAPH_SENTENCES == _PARAGRAPH_SENTENCES - 1 else " "
        sentences.append(sentence[0].upper() + sentence[1:] + end)
        written += len(sentences[-1])
        if written >= size:
            break
    whole = "".join(sentences)[: max(0, size - 1)]
    return whole.rstrip().rstrip(".,;!?") + "."
