"""How the bytes of text files of all kinds become text, and what is refused as no text."""

import io
import random
from typing import NoReturn

import pytest

from protocol.failures import FileError, TooLarge, Unsupported
from slave_service.formats import text_decoding
from slave_service.formats.text_decoding import Decoded, decode, read_text

FRENCH = "L'été à Paris : le cœur déçu, l'âme naïve et le café crème.\r\nOù ça ? Là-bas !"
RUSSIAN = "Съешь же ещё этих мягких французских булок, да выпей чаю."
JAPANESE = "日本語のテキストです。今日はとても良い天気ですね。"
CHINESE = "这是一个测试文本，用来检查编码检测的结果是否正确。"


def seeded(seed: int) -> random.Random:
    """Return a source of the same numbers each time."""
    return random.Random(seed)  # noqa: S311  (no secret is made of them)


@pytest.mark.parametrize("text", ["", "  \n", "plain\tASCII\r\n", FRENCH, RUSSIAN, JAPANESE, "🙂"])
def test_utf8_is_read_as_it_is(text: str) -> None:
    """UTF-8 comes first, and newlines and white space stay as they were."""
    decoded = decode(text.encode())
    assert (decoded.text, decoded.encoding) == (text, "utf-8")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("text", [FRENCH, RUSSIAN, CHINESE, "🙂", ""])
def test_byte_order_mark_decides_and_is_no_part_of_the_text(text: str, encoding: str) -> None:
    """A byte order mark says which Unicode encoding it is, and is not counted."""
    decoded = decode(text.encode(encoding))
    assert (decoded.text, decoded.encoding) == (text, encoding)


def test_big_endian_marks_are_honoured() -> None:
    """UTF-16 and UTF-32 may come with the high byte first."""
    assert decode(b"\xfe\xff" + FRENCH.encode("utf-16-be")).text == FRENCH
    assert decode(b"\0\0\xfe\xff" + FRENCH.encode("utf-32-be")).text == FRENCH


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("text", [FRENCH, RUSSIAN, f"1. {CHINESE}\n"])
def test_unicode_without_a_mark_is_told_by_its_nul_bytes(text: str, encoding: str) -> None:
    """UTF-16 and UTF-32 are known by their NUL bytes where nobody wrote a mark."""
    decoded = decode(text.encode(encoding))
    assert (decoded.text, decoded.encoding) == (text, encoding)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (FRENCH, "cp1252"),
        ("It’s fine.", "cp1252"),
        ("name;age\nMüller;33\nSmith;22\n", "cp1252"),
        ("Zażółć gęślą jaźń, proszę bardzo, dziękuję wszystkim za uwagę.", "cp1250"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        ("Η γλώσσα μας είναι όμορφη και παλιά, και το ξέρουμε καλά.", "cp1253"),
        (JAPANESE, "cp932"),
        (JAPANESE, "euc_jp"),
        (JAPANESE, "iso2022_jp"),
        (CHINESE, "gb18030"),
        ("這是一個測試文本，用來檢查編碼檢測的結果是否正確。", "big5"),
        ("특별한 기술은 필요치 않다. 안녕하세요 여러분.", "cp949"),
    ],
)
def test_older_encodings_are_detected(text: str, encoding: str) -> None:
    """Text from before Unicode is read too, and its encoding is told by the usual name."""
    decoded = decode(text.encode(encoding))
    assert (decoded.text, decoded.encoding) == (text, encoding)


@pytest.mark.parametrize("text", [RUSSIAN + "\n", "plain words\n" * 20_000 + RUSSIAN + "\n"])
def test_detection_looks_at_a_sample_and_decodes_all(text: str) -> None:
    """Of a large file only a part is looked at, wherever its first foreign letter stands."""
    whole = text * 500
    assert decode(whole.encode("cp1251")).text == whole


@pytest.mark.parametrize("ahead", range(4))
def test_sample_cut_inside_a_character_does_no_harm(ahead: int) -> None:
    """The end of the sample may fall inside a character of several bytes."""
    text = "x" * ahead + (CHINESE + "\n") * 2000
    assert decode(text.encode("gb18030")).text == text


def test_one_damaged_character_does_not_change_the_encoding() -> None:
    """UTF-8 with a broken byte stays UTF-8; the byte becomes U+FFFD."""
    data = FRENCH.encode() * 3 + b"\xff" + FRENCH.encode()
    assert decode(data).text == FRENCH * 3 + "\ufffd" + FRENCH
    assert decode(data).encoding == "utf-8"


def test_any_byte_without_meaning_is_replaced_in_the_end() -> None:
    """A text that fits no encoding wholly is still read, with U+FFFD for what fits none."""
    decoded = decode(b"caf\xe9 au lait, cr\xe8me \x81 br\xfbl\xe9e")
    assert decoded.text == "café au lait, crème \ufffd brûlée"


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0JFIF",
        b"PK\x03\x04 and so on",
        b"%PDF-1.7\nwords words words",
        b"\x1f\x8b\x08",
        b"\x7fELF",
        b"words\0words, many of them",
        bytes(range(256)) * 4,
        b"\x01\x02\x03\x04\x05 words",
        b"\xff\xfe" + seeded(1).randbytes(1000),
        seeded(2).randbytes(4000),
    ],
)
def test_what_is_no_text_is_refused(data: bytes) -> None:
    """Other formats and binary data are refused with a sentence that says what to do."""
    with pytest.raises(Unsupported, match=r"This is not a text file.*; send plain text"):
        decode(data)


def test_colours_of_a_terminal_are_text() -> None:
    """The escapes that a log took from a terminal make no binary file of it."""
    log = "\x1b[31mERROR\x1b[0m disk full\n"
    assert decode(log.encode()).text == log
    # The same escape switches to Japanese, but not in a text that has other bytes as well.
    assert decode("\x1b$été\n".encode()).text == "\x1b$été\n"


def test_arbitrary_bytes_are_text_or_a_file_error() -> None:
    """Nothing but a text or a failure of the file ever comes out."""
    source = seeded(3)
    for _ in range(500):
        data = source.randbytes(source.randrange(200))
        try:
            decoded = decode(data)
        except FileError:
            continue
        assert decoded == decode(data)


def test_blocks_make_up_the_text_and_cut_no_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of a long text, one after the other, are the text, and its words are theirs."""
    monkeypatch.setattr(text_decoding, "_BLOCK_CHARACTERS", 7)
    decoded = decode((FRENCH + "\u2003" + "x" * 50 + "  \n" + CHINESE).encode())
    blocks = list(decoded.blocks())
    assert len(blocks) > 5
    assert "".join(blocks) == decoded.text
    assert [word for block in blocks for word in block.split()] == decoded.text.split()


def test_reading_starts_at_the_beginning() -> None:
    """A file that was read before is read again from its start."""
    source = io.BytesIO(b"words")
    source.read()
    assert read_text(source).text == "words"


def test_a_text_over_the_limit_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over ``MAX_BYTES`` a file is refused before it takes any memory."""

    class Unread(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> NoReturn:
            raise AssertionError("it was read")

    monkeypatch.setattr(text_decoding, "MAX_BYTES", 1 << 20)
    with pytest.raises(TooLarge, match="larger than 1 MiB; split it"):
        read_text(Unread(b"x" * ((1 << 20) + 1)))


@pytest.mark.parametrize(
    "text",
    [
        "Le français est né en France. Voilà pourquoi ma mère préfère être à Genève, où ça ira.",
        "Sitä ympäröivät Ruotsi, Norja ja Venäjä. Ihmiset elävät ryhmänä täällä etelässä.",
        "Íslenska er vesturnorrænt tungumál, talað og ritað á Íslandi. Það er móðurmál þeirra.",
        "Não sei se a informação está correta; são questões difíceis, você também põe à prova.",
        "Price: £20, temp 25°C, ½ cup, © 2024 Müller & Söhne",
    ],
)
def test_western_texts_are_read_in_cp1252(text: str) -> None:
    """French, Finnish, Icelandic, Portuguese and signs are not taken for Central European."""
    assert decode(text.encode("cp1252")) == Decoded(text, "cp1252")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (
            "Příliš žluťoučký kůň úpěl ďábelské ódy. Čeština je jazyk nejbližší slovenštině.",
            "cp1250",
        ),
        ("Zażółć gęślą jaźń. Język polski, który jest używany przez Polaków, należy do", "cp1250"),
        ("Árvíztűrő tükörfúrógép. A magyar nyelv az uráli nyelvcsalád tagja, nevük őket", "cp1250"),
    ],
)
def test_other_latin_texts_are_not_read_in_cp1252(text: str, encoding: str) -> None:
    """Letters that no Western language has, or signs inside words, rule cp1252 out."""
    assert decode(text.encode(encoding)).text == text


def test_a_stray_nul_costs_no_text() -> None:
    """A log that was cut by a power failure holds some NUL bytes and is a text all the same."""
    assert decode(b"A plain line.\n" * 300 + b"\0").text.startswith("A plain line.")
