"""Crafted texts: very long lines, worst cases of tokenizers and of encoding detection."""

import codecs
from random import Random

_MIB = 1 << 20


def line_of_fifty_megabytes() -> bytes:
    """One word that never ends."""
    return b"a" * (50 * _MIB)


def words_without_a_line_end() -> bytes:
    """Fifty megabytes of the same few words in one line."""
    return b"good bad word " * (50 * _MIB // 14)


def nothing_but_newlines() -> bytes:
    """Twenty million of them."""
    return b"\n" * (20 * _MIB)


def nothing_but_spaces() -> bytes:
    """A word, then twenty million spaces."""
    return b"love" + b" " * (20 * _MIB)


def nothing_but_marks() -> bytes:
    """A letter under a million combining marks."""
    return ("e" + "\u0301" * _MIB).encode()


def a_million_words() -> bytes:
    """Each of them once."""
    return b" ".join(b"w%07d" % number for number in range(1_000_000))


def words_just_within_the_limit() -> bytes:
    """Half a million different words."""
    return b" ".join(b"w%06x" % number for number in range(499_999))


def very_long_words() -> bytes:
    """A thousand words of a thousand letters and more, all different."""
    return b" ".join(b"%04d" % number + b"x" * 1500 for number in range(1000))


def nothing_but_dots() -> bytes:
    """Ten million ends of sentences."""
    return b"." * (10 * _MIB)


def millions_of_sentences() -> bytes:
    """A million sentences of a letter each."""
    return b"a. " * _MIB


def quotes_after_dots() -> bytes:
    """A sentence that ends in a million quotation marks, and goes on."""
    return b'He said "yes.' + b'"' * (2 * _MIB) + b"and went. " * 9


def shouting() -> bytes:
    """Every word a mood, in capitals, with many marks."""
    return b"NOT VERY GOOD!!! BUT LEAST BAD??? " * 30_000


def numbers_with_dots() -> bytes:
    """A number that has a million dots."""
    return b"3.1" * _MIB


def emoji_without_end() -> bytes:
    """A family of a million members."""
    return ("👩\u200d" * (_MIB // 2)).encode()


def letters_that_grow() -> bytes:
    """Letters that become two in lower case."""
    return ("İ" * _MIB).encode()


def right_to_left() -> bytes:
    """Marks that turn the direction, one after the other."""
    return ("\u202e\u202d\u2066\u2069" * (_MIB // 4)).encode()


def binary() -> bytes:
    """Bytes of every value."""
    return bytes(range(256)) * 4096


def nothing_but_nuls() -> bytes:
    """A file that was never written to."""
    return bytes(4 * _MIB)


def few_nuls() -> bytes:
    """A text with just fewer NULs than would tell it as binary."""
    return (b"word " * 40 + b"\0") * 20_000


def noise() -> bytes:
    """High bytes that are no encoding's."""
    return Random(1).randbytes(4 * _MIB).translate(bytes(range(128, 256)) * 2)  # noqa: S311 (to be repeatable)


def one_strange_byte_at_the_end() -> bytes:
    """Twenty megabytes of plain text, and then a byte that is not."""
    return b"plain words here " * (20 * _MIB // 17) + b"caf\xe9"


def escapes() -> bytes:
    """Escapes that switch to Japanese and back, a million times."""
    return b"\x1b$B\x1b(B" * 200_000


def marked_but_torn() -> bytes:
    """A byte order mark before halves of pairs."""
    return codecs.BOM_UTF16_LE + b"\x3d\xd8" * 300_000


def marked_and_odd() -> bytes:
    """A byte order mark, and a number of bytes that is none of characters."""
    return codecs.BOM_UTF32_LE + "plain words ".encode("utf-32-le") * 999 + b"\1"


def markup() -> bytes:
    """A page whose elements are never closed."""
    return b"<div><a href='x'>" * 200_000


def apostrophes() -> bytes:
    """Words that are hardly anything but apostrophes."""
    return b"don't '''' 'tis rock'n'roll n't " * 60_000


FILES = (
    line_of_fifty_megabytes,
    words_without_a_line_end,
    nothing_but_newlines,
    nothing_but_spaces,
    nothing_but_marks,
    a_million_words,
    words_just_within_the_limit,
    very_long_words,
    nothing_but_dots,
    millions_of_sentences,
    quotes_after_dots,
    shouting,
    numbers_with_dots,
    emoji_without_end,
    letters_that_grow,
    right_to_left,
    binary,
    nothing_but_nuls,
    few_nuls,
    noise,
    one_strange_byte_at_the_end,
    escapes,
    marked_but_torn,
    marked_and_odd,
    markup,
    apostrophes,
)
