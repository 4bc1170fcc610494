"""Decodes HTML by its byte order mark, its declaration, or its content."""

import codecs
import re

from slave_service.formats.text_decoding import Decoded, decode

_DECLARED_WITHIN = 4096
"""Bytes in which a declaration is searched; the HTML standard requires it within 1024."""
_DECLARATION = re.compile(
    rb"<meta\s[^<>]{0,500}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})|"
    rb"\A\s{0,99}<\?xml[^<>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})",
    re.IGNORECASE,
)
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Names that browsers take for others (WHATWG Encoding Standard, 4.2).
_REPLACED = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030"}
_REPLACED |= {"gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "tis-620": "cp874"}


def decode_html(data: bytes) -> Decoded:
    """Decode HTML; raises ``Unsupported`` where ``data`` is not a text."""
    declared = None if data.startswith(_MARKS) else _declared(data[:_DECLARED_WITHIN])
    if declared is None:
        return decode(data)
    try:
        return Decoded(data.decode(declared), declared)
    except UnicodeDecodeError:
        guess = decode(data)
        text = data.decode(declared, "replace")
        damaged = text.count("\ufffd")
        # A wrong declaration makes many characters undecodable, damage only a few.
        if damaged > 1 + len(text) // 1000 and not guess.damaged:
            return guess
        return Decoded(text, declared, damaged)


def _declared(head: bytes) -> str | None:
    """Return Python's name of the declared encoding, None for none or an unusable one."""
    found = _DECLARATION.search(head)
    if found is None:
        return None
    try:
        information = codecs.lookup((found[1] or found[2]).decode("ascii"))
    except (LookupError, UnicodeDecodeError):
        return None
    # UTF-16 is a false declaration: its bytes could not have been read as ASCII. Codecs such as
    # "hex" do not decode texts.
    if not information._is_text_encoding or information.name.startswith(("utf-16", "utf-32")):
        return None
    if information.name in ("unicode_escape", "raw_unicode_escape", "idna", "punycode", "utf-7"):
        return None
    return _REPLACED.get(information.name, information.name)
