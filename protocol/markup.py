"""Recognises HTML, SVG, mails and RTF by the first bytes of a file.

Client and slave decide by the same rules, and the page by a copy of them in
``ui/static/upload/markup.js``.
"""

import re

RTF = b"{\\rtf"

_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?[ \t-\r]*(?:<\?xml[^<>]*\?>[ \t-\r]*)?"
    rb"(?:<!--(?:[^-]|-(?!->))*-->[ \t-\r]*)*<(?:!doctype[ \t-\r]+html|html|head|body|meta|title)"
    rb"[ \t-\r>/]",
    re.IGNORECASE,
)
_MISC = rb"(?:(?:<!--(?:[^-]|-(?!->))*-->|<\?[^<>]*\?>)[ \t-\r]*)*"
_SVG = re.compile(
    rb"(?:\xef\xbb\xbf)?[ \t-\r]*"
    + _MISC
    + rb"(?:<!DOCTYPE[ \t-\r]+svg(?:[^<>\[\]]*\[[^\[\]]*\])?[^<>\[\]]*>[ \t-\r]*)?"
    + _MISC
    + rb"<(?:[A-Za-z_][A-Za-z0-9_.-]{0,40}:)?svg[ \t-\r>/]"
)
_HEADER_LINE = re.compile(rb"([!-9;-~]{1,76}):")
_MAIL_HEADERS = frozenset(
    b"from to cc subject date message-id received mime-version return-path delivered-to reply-to "
    b"sender content-type".split()
)
_HEADERS_NEEDED = 3


def is_markup(head: bytes) -> bool:
    """Return whether a text is a document of another kind than plain text."""
    return head.startswith(RTF) or is_html(head) or is_mail(head)


def is_html(head: bytes) -> bool:
    """Return whether a text begins as HTML does, after an XML declaration and comments."""
    return _HTML.match(head) is not None


def is_svg(head: bytes) -> bool:
    """Return whether a text begins as SVG does, after a declaration, comments and a doctype."""
    return _SVG.match(head) is not None


def is_mail(head: bytes) -> bool:
    """Return whether a text begins with headers of a mail (RFC 5322), From among them.

    The last line of ``head`` may be cut off and is not looked at.
    """
    names: set[bytes] = set()
    for line in head.removeprefix(b"\xef\xbb\xbf").split(b"\n")[:-1]:
        if not line.startswith((b" ", b"\t")):
            found = _HEADER_LINE.match(line)
            if found is None:
                # The empty line after the headers, or a line that is none.
                return line in (b"", b"\r") and _are_mail_headers(names)
            names.add(found[1].lower())
        elif not names:
            return False
    return _are_mail_headers(names)


def _are_mail_headers(names: set[bytes]) -> bool:
    return b"from" in names and len(names & _MAIL_HEADERS) >= _HEADERS_NEEDED
