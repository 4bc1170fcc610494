"""Edits the pages of an Ogg stream, each with a valid checksum."""

from random import Random

from tests.hostile.header_edits import put
from tests.hostile.ogg import pages, summed


def edit_page(random: Random, data: bytes) -> bytes:
    """Damage one page, its head or its inside."""
    found = pages(data)
    if not found:
        return data
    page = random.choice(found)
    for _ in range(random.randint(1, 4)):
        put(random, page, random.choice((random.randrange(4, 28), random.randrange(len(page)))))
    return b"".join(summed(page) for page in found)


def move_pages(random: Random, data: bytes) -> bytes:
    """Exchange, repeat or drop pages."""
    found = pages(data)
    if not found:
        return data
    one, other = random.randrange(len(found)), random.randrange(len(found))
    what = random.randrange(3)
    if what == 0:
        found[one], found[other] = found[other], found[one]
    elif what == 1:
        found[one:one] = [found[other]] * 20
    else:
        del found[one]
    return b"".join(map(bytes, found))
