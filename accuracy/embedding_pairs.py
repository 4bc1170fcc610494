"""Pairs of sentences whose likeness is known from how they were made.

A sentence says who does what to which thing, and where. Each of these four has several wordings of
equal meaning. The two sentences of a pair agree in 0 to 4 of them, which is their likeness, and
take other wordings of what they agree in wherever there are any. The lists were written for this
measure before any model was tried on them.
"""

import random

Pair = tuple[str, str, int]
"""Two sentences, and in how many of the four parts they agree."""

_WHO = (
    ("the physician", "the doctor", "a medical practitioner"),
    ("the kid", "a child", "the youngster"),
    ("the police officer", "a policeman", "the cop"),
    ("the attorney", "a lawyer", "the legal counsel"),
    ("the farmer", "a man who works the land", "the grower"),
    ("my mother", "mom", "my mum"),
    ("the author", "a writer", "the novelist"),
    ("the pilot", "an aviator", "the captain of the airplane"),
    ("the instructor", "a teacher", "the schoolmaster"),
    ("the burglar", "a thief", "the robber"),
)
_DOES = (
    ("purchased", "bought", "acquired"),
    ("mended", "repaired", "fixed"),
    ("devoured", "ate up", "gobbled down"),
    ("photographed", "took a picture of", "shot a photo of"),
    ("concealed", "hid", "kept secret"),
    ("cleaned", "washed", "scrubbed"),
    ("demolished", "destroyed", "wrecked"),
    ("painted", "coated with paint", "gave a new colour to"),
    ("lifted", "picked up", "raised"),
    ("sold", "put on sale", "found a buyer for"),
)
_WHAT = (
    ("an automobile", "a car", "a motor vehicle"),
    ("a bicycle", "a bike", "a two-wheeler"),
    ("a loaf of bread", "some bread", "a baked loaf"),
    ("a couch", "a sofa", "a settee"),
    ("a painting", "a canvas by an artist", "a framed picture"),
    ("a rock", "a stone", "a boulder"),
    ("a computer", "a laptop", "a PC"),
    ("a dog", "a hound", "a puppy"),
    ("a boat", "a small ship", "a sailing vessel"),
    ("jewelry", "a necklace and rings", "gold and gems"),
)
_WHERE = (
    ("in the forest", "in the woods", "among the trees"),
    ("at the seaside", "on the beach", "by the ocean"),
    ("downtown", "in the city centre", "in the middle of the town"),
    ("in the kitchen", "where the meals are cooked", "beside the stove"),
    ("at the airport", "near the runway", "in the terminal"),
    ("in the mountains", "high up in the hills", "on an alpine peak"),
    ("at school", "in the classroom", "in front of the pupils"),
    ("in the garden", "in the back yard", "between the flower beds"),
)
_PARTS = (_WHO, _DOES, _WHAT, _WHERE)


def pairs(generator: random.Random, count: int) -> list[Pair]:
    """Return pairs of every likeness in equal numbers."""
    return [_pair(generator, number % (len(_PARTS) + 1)) for number in range(count)]


def _pair(generator: random.Random, likeness: int) -> Pair:
    equal = set(generator.sample(range(len(_PARTS)), likeness))
    first, second = [], []
    for number, part in enumerate(_PARTS):
        one, other = generator.sample(part, 2)
        if number in equal:
            wordings = generator.sample(one, 2)
        else:
            wordings = [generator.choice(one), generator.choice(other)]
        first.append(wordings[0])
        second.append(wordings[1])
    return _sentence(first), _sentence(second), likeness


def _sentence(parts: list[str]) -> str:
    text = " ".join(parts)
    return f"{text[0].upper()}{text[1:]}."
