"""Detection of encodings, and refusal of files that are not texts."""

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
    """Return a random generator with a fixed seed."""
    return random.Random(seed)  # noqa: S311  (not for secrets)


@pytest.mark.parametrize("text", ["", "  \n", "plain\tASCII\r\n", FRENCH, RUSSIAN, JAPANESE, "🙂"])
def test_utf8_is_unchanged(text: str) -> None:
    """UTF-8 is decoded with newlines and white space unchanged."""
    decoded = decode(text.encode())
    assert (decoded.text, decoded.encoding) == (text, "utf-8")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("text", [FRENCH, RUSSIAN, CHINESE, "🙂", ""])
def test_byte_order_mark_decides_and_is_no_part_of_the_text(text: str, encoding: str) -> None:
    """A byte order mark gives the encoding and is not part of the text."""
    decoded = decode(text.encode(encoding))
    assert (decoded.text, decoded.encoding) == (text, encoding)


def test_big_endian_marks_are_honoured() -> None:
    """UTF-16 and UTF-32 are read in big-endian order too."""
    assert decode(b"\xfe\xff" + FRENCH.encode("utf-16-be")).text == FRENCH
    assert decode(b"\0\0\xfe\xff" + FRENCH.encode("utf-32-be")).text == FRENCH


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("text", [FRENCH, RUSSIAN, f"1. {CHINESE}\n"])
def test_unicode_without_a_mark_is_detected_by_its_nul_bytes(text: str, encoding: str) -> None:
    """UTF-16 and UTF-32 without a byte order mark are detected."""
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
    """Texts in older encodings are read, and the encoding has Python's name."""
    decoded = decode(text.encode(encoding))
    assert (decoded.text, decoded.encoding) == (text, encoding)


@pytest.mark.parametrize("text", [RUSSIAN + "\n", "plain words\n" * 20_000 + RUSSIAN + "\n"])
def test_detection_uses_a_sample_of_a_large_file(text: str) -> None:
    """The encoding of a large file is detected wherever its first non-ASCII letter is."""
    whole = text * 500
    assert decode(whole.encode("cp1251")).text == whole


@pytest.mark.parametrize("ahead", range(4))
def test_sample_cut_inside_a_character_does_no_harm(ahead: int) -> None:
    """The sample can end inside a character of several bytes."""
    text = "x" * ahead + (CHINESE + "\n") * 2000
    assert decode(text.encode("gb18030")).text == text


def test_one_damaged_character_does_not_change_the_encoding() -> None:
    """UTF-8 with a damaged byte is read as UTF-8, and the byte becomes U+FFFD."""
    data = FRENCH.encode() * 3 + b"\xff" + FRENCH.encode()
    assert decode(data).text == FRENCH * 3 + "\ufffd" + FRENCH
    assert decode(data).encoding == "utf-8"


def test_undecodable_bytes_are_replaced() -> None:
    """A text that is valid in no encoding is read with U+FFFD for undecodable bytes."""
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
def test_files_that_are_not_texts_are_refused(data: bytes) -> None:
    """Other formats and binary data are refused, and the error says what to do."""
    with pytest.raises(Unsupported, match=r"This is not a text file.*; send plain text"):
        decode(data)


def test_colours_of_a_terminal_are_text() -> None:
    """A log with the escape sequences of a terminal is a text."""
    log = "\x1b[31mERROR\x1b[0m disk full\n"
    assert decode(log.encode()).text == log
    # The same escape sequence switches to Japanese, but not in a text with bytes above ASCII.
    assert decode("\x1b$été\n".encode()).text == "\x1b$été\n"


def test_arbitrary_bytes_are_text_or_a_file_error() -> None:
    """Any bytes give a text or a ``FileError``, and no other exception."""
    source = seeded(3)
    for _ in range(500):
        data = source.randbytes(source.randrange(200))
        try:
            decoded = decode(data)
        except FileError:
            continue
        assert decoded == decode(data)


def test_blocks_make_up_the_text_and_cut_no_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """The blocks of a long text join to the text, and no word is cut."""
    monkeypatch.setattr(text_decoding, "_BLOCK_CHARACTERS", 7)
    decoded = decode((FRENCH + "\u2003" + "x" * 50 + "  \n" + CHINESE).encode())
    blocks = list(decoded.blocks())
    assert len(blocks) > 5
    assert "".join(blocks) == decoded.text
    assert [word for block in blocks for word in block.split()] == decoded.text.split()


def test_reading_starts_at_the_beginning() -> None:
    """A file is read from its beginning, whatever its position."""
    source = io.BytesIO(b"words")
    source.read()
    assert read_text(source).text == "words"


def test_a_text_over_the_limit_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file over ``MAX_BYTES`` is refused before it is read."""

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
    """Texts with letters of no Western language, or with signs in words, are not read as cp1252."""
    assert decode(text.encode(encoding)).text == text


def test_a_few_nul_bytes_are_text() -> None:
    """A log with a few NUL bytes, as after a power failure, is a text."""
    assert decode(b"A plain line.\n" * 300 + b"\0").text.startswith("A plain line.")
