"""Damages valid files by a few edits each: a pure function of the random source and the bytes."""

from collections.abc import Callable, Sequence
from random import Random

from tests.hostile import header_edits, ogg_edits, pdf_edits, png_edits, zip_edits

Edit = Callable[[Random, bytes], bytes]


def mutated(random: Random, data: bytes, others: Sequence[bytes]) -> tuple[bytes, str]:
    """Return damaged bytes and the names of the edits; ``others`` are spliced in."""
    done = []
    for _ in range(random.choice((1, 1, 1, 2, 2, 4))):
        if random.random() < 0.15:
            data = _spliced(random, data, random.choice(others))
            done.append("splice")
            continue
        edit = _chosen(random, data)
        data = edit(random, data)
        done.append(edit.__name__)
    return data, "+".join(done)


def flip_bits(random: Random, data: bytes) -> bytes:
    """Flip single bits anywhere."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 2, 8, 64))):
        if changed:
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def blank_run(random: Random, data: bytes) -> bytes:
    """Set a run of bytes to zeros or ones."""
    begin, end = _span(random, data)
    return data[:begin] + random.choice((b"\x00", b"\xff")) * (end - begin) + data[end:]


def cut_head(random: Random, data: bytes) -> bytes:
    """Remove bytes from the beginning."""
    return data[random.randint(1, max(1, len(data) // 3)) :]


def cut_tail(random: Random, data: bytes) -> bytes:
    """Remove bytes from the end; sometimes all but a few."""
    return data[: random.randint(0, random.choice((16, len(data), len(data))))]


def cut_middle(random: Random, data: bytes) -> bytes:
    """Remove a run of bytes."""
    begin, end = _span(random, data)
    return data[:begin] + data[end:]


def repeat_block(random: Random, data: bytes) -> bytes:
    """Repeat a run of bytes."""
    begin, end = _span(random, data)
    return data[:begin] + data[begin:end] * random.choice((2, 3, 50)) + data[end:]


def noise_run(random: Random, data: bytes) -> bytes:
    """Overwrite a run with random bytes."""
    begin, end = _span(random, data)
    return data[:begin] + random.randbytes(end - begin) + data[end:]


_ANYWHERE: tuple[Edit, ...] = (
    flip_bits,
    flip_bits,
    blank_run,
    cut_head,
    cut_tail,
    cut_middle,
    repeat_block,
    noise_run,
    header_edits.extreme_integers,
    header_edits.extreme_lengths,
)
_FOR_FORMATS: tuple[tuple[bytes, tuple[Edit, ...]], ...] = (
    (b"\x89PNG", (png_edits.edit_chunk, png_edits.edit_chunk, png_edits.move_chunks)),
    (b"PK\x03\x04", (zip_edits.edit_part, zip_edits.edit_part, zip_edits.lie_about_sizes)),
    (b"%PDF", (pdf_edits.swap_tokens, pdf_edits.extreme_numbers, pdf_edits.redirect_references)),
    (b"OggS", (ogg_edits.edit_page, ogg_edits.move_pages)),
)


def _chosen(random: Random, data: bytes) -> Edit:
    """Choose an edit; those that know the format are more frequent."""
    for mark, edits in _FOR_FORMATS:
        if data.startswith(mark) and random.random() < 0.6:
            return random.choice(edits)
    return random.choice(_ANYWHERE)


def _spliced(random: Random, data: bytes, other: bytes) -> bytes:
    return data[: random.randint(0, len(data))] + other[random.randint(0, len(other)) :]


def _span(random: Random, data: bytes) -> tuple[int, int]:
    begin = random.randint(0, len(data))
    return begin, min(len(data), begin + random.choice((1, 4, 16, 64, 512)))
