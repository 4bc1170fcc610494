"""Reads Markdown (CommonMark) as it is shown: without the marks of headings, links and emphasis.

Nothing in such a file says what it is, and a line with ``#`` is a comment in many other languages.
So a text counts as Markdown only if headings stand alone and it has other marks of Markdown too.
"""

import re

from slave_service.formats.content import Content, Lines
from slave_service.formats.text_decoding import Decoded

_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+([^#\s].*)")
_HEADING_END = re.compile(r"[ \t]#+$")
_FENCE = re.compile(r" {0,3}(```+|~~~+)[^`]*")
_LINK = re.compile(
    r"(?<![\w)\]])!?\[([^\[\]\n]{1,500})\]"
    r"\((?:<[^<>\n]{0,2000}>|[^\s()]{0,2000})(?: \"[^\"\n]{0,500}\")?\)"
)
_STRONG = re.compile(r"(?<![\w)\]*])\*\*(?=\S)([^*\n]{1,500}?)(?<=\S)\*\*(?![\w*])")
_CODE = re.compile(r"`([^`\n]{1,500})`")
_RULE = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})")
_TABLE_RULE = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
_MARK = re.compile(r"[#\[*_`|~-]")
_SAMPLE_LINES = 500
_MAX_HEADINGS = 0.3
"""Share of the lines that may be headings; scripts with many comments have more."""
_MAX_CODE = 0.1
"""Share of the lines that may look like code outside of fences."""
_MANY_MARKS = 3
_MAX_LINE = 20_000
"""Packed programs have longer lines."""
_LINE_OF_CODE = re.compile(r".*[;{}]|\s*(?:import|def|class|return|let|const|var) .*")


def read(decoded: Decoded) -> Content | None:
    """Return the text as it is shown, with its headings; None for a text that is no Markdown."""
    lines = decoded.text.splitlines()
    if not is_markdown(lines[:_SAMPLE_LINES]):
        return None
    reader = Lines()
    fence = ""
    for line in lines:
        found = _FENCE.fullmatch(line)
        if found and (not fence or line.strip().startswith(fence)):
            fence = "" if fence else found[1]
        elif fence:
            reader.add(line)
        else:
            _add(reader, line)
    more: dict[str, object] = {"encoding": decoded.encoding}
    return Content(
        "Markdown", reader.text(), outline=reader.outline, more=more, warnings=decoded.warnings
    )


def is_markdown(lines: list[str]) -> bool:
    """Return whether the first lines of a text are Markdown."""
    filled = [line for line in lines if line.strip()]
    if not filled or filled[0].startswith("#!") or max(map(len, filled)) > _MAX_LINE:
        return False
    outside = _outside_of_fences(lines)
    headings = [
        number
        for number, line in enumerate(outside)
        if _HEADING.fullmatch(line) and (not number or not outside[number - 1].strip())
    ]
    marks = sum(bool(_LINK.search(line) or _STRONG.search(line)) for line in outside) + sum(
        bool(_FENCE.fullmatch(line)) for line in lines
    )
    alone = sum(
        number + 1 >= len(outside) or not outside[number + 1].strip() for number in headings
    )
    has_second_level = any(outside[number].lstrip().startswith("##") for number in headings)
    code = sum(bool(_LINE_OF_CODE.fullmatch(line)) for line in outside)
    return (
        bool(headings)
        and (2 * alone >= len(headings) or (has_second_level and marks >= _MANY_MARKS))
        and (marks > 0 or (has_second_level and len(headings) > 1))
        and len(headings) <= max(2, _MAX_HEADINGS * len(filled))
        and code <= _MAX_CODE * len(filled)
    )


def _outside_of_fences(lines: list[str]) -> list[str]:
    outside = []
    is_inside = False
    for line in lines:
        if _FENCE.fullmatch(line):
            is_inside = not is_inside
        elif not is_inside:
            outside.append(line)
    return outside


def _add(reader: Lines, line: str) -> None:
    if not _MARK.search(line):
        reader.add(line)
    elif heading := _HEADING.fullmatch(line):
        text = _HEADING_END.sub("", heading[2].rstrip()).rstrip()
        reader.add(_shown(text), len(heading[1]))
    elif line.count("|") > 1 and line.strip().startswith("|"):
        if not _TABLE_RULE.fullmatch(line):
            cells = line.strip().strip("|").split("|")
            reader.add("\t".join(_shown(cell.strip()) for cell in cells))
    elif not _RULE.fullmatch(line):
        reader.add(_shown(line))


def _shown(text: str) -> str:
    """Return a line without marks; links show their text, and pictures their description."""
    text = _LINK.sub(r"\1", text)
    return _CODE.sub(r"\1", _STRONG.sub(r"\1", text))
