"""Reads RTF (version 1.9.1): text, headings, tables, notes, comments and properties.

striprtf (BSD, 0.0.35) decodes Czech and other scripts right, but separates cells by "|" and
lines, and has no headings, properties, notes or hidden text; so this project has its own reader.
Paragraphs are lines and rows have tabs between the cells; headers, footnotes and comments
follow the body.
"""

import re
from dataclasses import dataclass, replace

from protocol.failures import Corrupt
from slave_service.formats.content import Content, Lines, warnings
from slave_service.formats.rtf import words

_TOKEN = re.compile(
    r"\\([a-zA-Z]{1,32})(-?[0-9]{1,9})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n]+"
    r"|([^\\{}\r\n]+)"
)
_MAX_DEPTH = 50_000
_MAX_NOTES = 10_000
_BODY, _SKIPPED, _FONTS = "body", "", "fonts"
_DAMAGED = "This RTF file is damaged and can't be read; save it again and send that."


@dataclass(frozen=True, slots=True)
class _State:
    """What a group inherits, and what is restored at its end."""

    target: str = _BODY
    encoding: str = "cp1252"
    replacements: int = 1
    """Characters after a Unicode one that stand for it in old readers (``\\uc``)."""
    hidden: bool = False
    in_table: bool = False
    level: int = 0


class _Reader:
    def __init__(self) -> None:
        self.lines = Lines()
        self.metadata: dict[str, str] = {}
        self.comments: list[dict[str, str]] = []
        self.pictures = self.objects = 0
        self._state = _State()
        self._open: list[_State] = []
        self._pieces: dict[str, list[str]] = {}
        """The text of each destination that has no end yet."""
        self._bytes = bytearray()
        self._skip = 0
        self._after_star = False
        self._cell: list[str] = []
        self._row: list[str] = []
        self._notes: list[str] = []
        self._fonts: dict[int, str] = {}
        self._font = 0
        self._default = "cp1252"

    def read(self, text: str) -> None:
        position = 0
        while (token := _TOKEN.match(text, position)) is not None:
            position = token.end()
            word, number, code, symbol, brace, plain = token.groups()
            if plain is not None:
                self._plain(plain)
            elif code is not None:
                self._byte(int(code, 16))
            elif word == "bin":
                position += max(0, int(number or 0))
            elif word is not None:
                self._word(word, None if number is None else int(number))
            elif brace is not None:
                self._brace(brace)
            elif symbol == "*":
                self._after_star = True
            elif symbol in ("\r", "\n"):
                self._word("par", None)
            elif symbol is not None:
                self._write(words.SYMBOLS.get(symbol, ""))
        self._end_paragraph()
        self._end_row()
        for note in self._notes:
            self.lines.add(note)

    def _brace(self, brace: str) -> None:
        self._flush()
        self._skip, self._after_star = 0, False
        if brace == "{":
            if len(self._open) >= _MAX_DEPTH:
                raise Corrupt(_DAMAGED)
            self._open.append(self._state)
        elif self._open:
            ended, self._state = self._state.target, self._open.pop()
            if ended not in (_BODY, _SKIPPED, _FONTS, self._state.target):
                self._end_destination(ended)

    def _end_destination(self, name: str) -> None:
        text = _joined(self._pieces.pop(name, [])).strip()
        if name in words.INFORMATION:
            self.metadata.setdefault(words.INFORMATION[name], text)
        elif text and len(self._notes) < _MAX_NOTES:
            self._notes.append(text)
            if name == "annotation":
                self.comments.append({"author": "", "text": text})

    def _word(self, word: str, number: int | None) -> None:
        is_destination, self._after_star = self._after_star, False
        if word in words.CHARACTERS:
            self._write(words.CHARACTERS[word])
        elif word == "u" and number is not None:
            self._write(chr(number & 0xFFFF))
            self._skip = self._state.replacements
        elif word in ("par", "sect", "page"):
            self._end_line()
        elif word in ("cell", "nestcell") and self._state.target == _BODY:
            self._end_cell()
        elif word in ("row", "nestrow") and self._state.target == _BODY:
            self._flush()
            self._end_row()
        elif word == "fonttbl":
            self._set(target=_FONTS)
        elif word in words.SKIPPED and self._state.target not in ("info",):
            self.pictures += word == "pict" and self._state.target != _SKIPPED
            self.objects += word == "objdata"
            self._set(target=_SKIPPED)
        elif word == "info":
            self._set(target="info")
        elif self._state.target == "info":
            self._set(target=word if word in words.INFORMATION else _SKIPPED)
        elif word in words.NOTES and self._state.target == _BODY:
            self._set(target=word)
        elif is_destination and word not in words.KNOWN_AFTER_STAR:
            self._set(target=_SKIPPED)
        else:
            self._format(word, number)

    def _format(self, word: str, number: int | None) -> None:
        if word == "pard":
            self._set(in_table=False, level=0)
        elif word == "intbl":
            self._set(in_table=True)
        elif word == "outlinelevel":
            level = 0 if number is None else number + 1
            self._set(level=level if 1 <= level <= 9 else 0)
        elif word in ("v", "deleted"):
            self._set(hidden=number != 0)
        elif word == "plain":
            self._set(hidden=False, encoding=self._default)
        elif word == "uc":
            self._set(replacements=min(number or 0, 16))
        elif word == "ansicpg" and number is not None:
            self._default = words.code_page(number)
            self._set(encoding=self._default)
        elif word in ("mac", "pc", "pca"):
            self._default = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}[word]
            self._set(encoding=self._default)
        elif word == "f" and self._state.target == _FONTS:
            self._font = number or 0
        elif word == "f":
            self._set(encoding=self._fonts.get(number or 0, self._default))
        elif word == "fcharset" and self._state.target == _FONTS and len(self._fonts) < 10_000:
            # The sets 0 and 1 mean the default, which a document in another code page states.
            page = words.CODE_PAGES.get(number or 0) if number not in (0, 1) else None
            self._fonts[self._font] = page or self._default

    def _set(self, **values: object) -> None:
        self._flush()
        self._state = replace(self._state, **values)  # type: ignore[arg-type]

    def _plain(self, text: str) -> None:
        skipped, self._skip = text[: self._skip], max(0, self._skip - len(text))
        self._bytes += text[len(skipped) :].encode("latin-1", "replace")

    def _byte(self, value: int) -> None:
        if self._skip:
            self._skip -= 1
        else:
            self._bytes.append(value)

    def _flush(self) -> None:
        if self._bytes:
            data = bytes(self._bytes)
            self._bytes.clear()
            self._put(data.decode(self._state.encoding, "replace"))

    def _write(self, text: str) -> None:
        self._flush()
        self._put(text)

    def _put(self, text: str) -> None:
        if self._state.target not in (_SKIPPED, _FONTS, "info") and not self._state.hidden:
            self._pieces.setdefault(self._state.target, []).append(text)

    def _end_line(self) -> None:
        self._flush()
        if self._state.target == _BODY:
            self._end_paragraph()
        else:
            self._put("\n")

    def _end_paragraph(self) -> None:
        self._flush()
        line = _joined(self._pieces.pop(_BODY, [])).strip(" \n")
        if self._state.in_table:
            if line:
                self._cell.append(line)
        elif line:
            self.lines.add(line, self._state.level)

    def _end_cell(self) -> None:
        self._flush()
        line = _joined(self._pieces.pop(_BODY, [])).strip()
        if line:
            self._cell.append(line)
        self._row.append(" ".join(self._cell))
        self._cell.clear()

    def _end_row(self) -> None:
        if row := "\t".join([*self._row, *self._cell]).rstrip("\t"):
            self.lines.add(row)
        self._row.clear()
        self._cell.clear()


def _joined(pieces: list[str]) -> str:
    """Join pieces in which a character beyond U+FFFF is two surrogates."""
    text = "".join(pieces).replace("\0", "")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def read(data: bytes) -> Content:
    """Read an RTF file; raises ``Corrupt`` where groups are nested too deeply, and ``TooLarge``."""
    reader = _Reader()
    reader.read(data.decode("latin-1"))
    text = reader.lines.text()
    found = {"pictures": reader.pictures if not text else 0, "embedded objects": reader.objects}
    more: dict[str, object] = {"comments": reader.comments}
    metadata = {key: value for key, value in reader.metadata.items() if value}
    return Content("RTF", text, metadata, reader.lines.outline, more, warnings(text, found))
