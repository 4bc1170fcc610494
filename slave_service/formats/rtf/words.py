"""The control words of RTF 1.9.1 that matter for the text, and its character sets."""

CHARACTERS = {
    "tab": "\t",
    "line": "\n",
    "emdash": "—",
    "endash": "–",
    "emspace": "\u2003",
    "enspace": "\u2002",
    "bullet": "•",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": "“",
    "rdblquote": "”",
}
SYMBOLS = {"~": "\u00a0", "_": "\u2011", "\\": "\\", "{": "{", "}": "}", "-": ""}

SKIPPED = frozenset(
    """fonttbl colortbl stylesheet pict listtext pntext pntxta pntxtb listtable fldinst objdata
    themedata datastore latentstyles rsidtbl generator revtbl filetbl xmlnstbl nonshppict bkmkstart
    bkmkend atnid atnauthor atnref atndate atnparent atnicn sp tc xe author operator
    company""".split()
)
"""Destinations whose text is not part of the document's; so are all unknown ones after ``\\*``."""
KNOWN_AFTER_STAR = frozenset({"shppict", "shptxt", "annotation", "footnote", "shpinst", "ud"})
INFORMATION = {"title": "title", "author": "author", "subject": "subject"}
NOTES = frozenset(
    """footnote annotation header headerl headerr headerf footer footerl footerr footerf""".split()
)
"""Destinations whose text follows that of the body."""

CODE_PAGES = {
    0: "cp1252",
    77: "mac_roman",
    128: "cp932",
    129: "cp949",
    134: "gb18030",
    136: "big5",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
    255: "cp437",
}
"""By the character set of a font (``\\fcharset``)."""


def code_page(number: int) -> str:
    """Return the encoding of a code page of Windows; cp1252 for an unknown one."""
    known = {
        1200: "utf-16-le",
        10000: "mac_roman",
        65001: "utf-8",
        936: "gb18030",
        950: "big5",
        932: "cp932",
    }
    of_dos = {437, 737, 775, 850, 852, 855, *range(857, 867), 869}
    supported = of_dos | {874, 949, *range(1250, 1259)}
    return known.get(number, f"cp{number}" if number in supported else "cp1252")
