"""Crafted HTML, mail and RTF files: great depth, great width, and promises that do not hold."""

import base64
from collections.abc import Callable

from tests.hostile.packing import deflated_zeros

_MIB = 1 << 20


def elements_without_end() -> bytes:
    """A million elements inside each other, none of them closed."""
    return b"<html><body>" + b"<div>" * 1_000_000 + b"the end"


def tables_of_tables() -> bytes:
    """Five thousand tables, each in a cell of the one before."""
    return b"<table><tr><td>" * 5_000 + b"x" + b"</td></tr></table>" * 5_000


def cell_of_many_rows() -> bytes:
    """Cells that span two thousand million rows and columns."""
    cell = b'<td rowspan="2000000000" colspan="2000000000">x</td>'
    return b"<html><table><tr>" + cell * 1_000 + b"</tr></table></html>"


def comment_without_end() -> bytes:
    """A comment, a script and a quoted attribute that nobody closes."""
    return b"<html><p>text</p><a href='" + b"<!--<script>" * 500_000


def references_of_all_kinds() -> bytes:
    """Character references that are huge, negative, unknown or of no character."""
    some = b"&#99999999999999999999;&#-1;&#xD800;&#0;&unknown;&#x110000;&amp&"
    return b"<!DOCTYPE html><p>" + some * 50_000


def attributes_without_end() -> bytes:
    """An element of half a million attributes."""
    return b"<html><p " + b" ".join(b"a%d=1" % n for n in range(500_000)) + b">text</p></html>"


def _mail(head: bytes, body: bytes = b"") -> bytes:
    return b"From: a@example.org\nTo: b@example.org\nSubject: Hello\n" + head + b"\n\n" + body


def parts_of_parts() -> bytes:
    """Ten thousand multiparts, each the only part of the one before."""
    levels = range(10_000)
    return _mail(
        b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b0",
        b"\n".join(
            b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n" % (n, n + 1) for n in levels
        ),
    )


def messages_of_messages() -> bytes:
    """Two thousand messages, each attached to the one before."""
    head = b"From: a@example.org\nMIME-Version: 1.0\nContent-Type: message/rfc822\n\n"
    return head * 2_000 + _mail(b"")


def parts_without_end() -> bytes:
    """A hundred thousand parts."""
    return _mail(
        b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x",
        b"--x\nContent-Type: text/plain\n\na\n" * 100_000 + b"--x--",
    )


def header_of_megabytes() -> bytes:
    """A subject of encoded words, an address and a parameter, each of a megabyte."""
    words = b" ".join([b"=?utf-8?b?w6Q=?="] * 60_000)
    return _mail(
        b"Subject: " + words + b"\nTo: " + b"(" * _MIB + b"\nContent-Type: text/plain; "
        b"charset*0=u; " + b"; ".join(b"a*%d=b" % n for n in range(60_000)),
        b"text",
    )


def packed_attachment() -> bytes:
    """A text that is 64 MiB of zeros, compressed by gzip and in Base64."""
    packed = base64.encodebytes(deflated_zeros(64 * _MIB, 31))
    head = b"MIME-Version: 1.0\nContent-Type: text/plain; charset=x-none\n"
    return _mail(head + b"Content-Transfer-Encoding: base64", packed)


def groups_of_groups() -> bytes:
    """A million groups inside each other."""
    return rb"{\rtf1 " + b"{" * 1_000_000


def numbers_of_great_length() -> bytes:
    """Control words with parameters of thousands of digits, and without any name."""
    digits = b"9" * 5_000
    words = (b"\\u" + digits + b" ?", b"\\bin" + digits + b" ", b"\\uc" + digits, b"\\'zz", b"\\")
    return rb"{\rtf1\ansi text " + b" ".join(words) * 200 + b"}"


def bytes_that_do_not_come() -> bytes:
    """Binary data that claims two gigabytes."""
    return rb"{\rtf1 before \bin2000000000 after}"


def objects_of_megabytes() -> bytes:
    """A picture of twenty megabytes of digits."""
    return rb"{\rtf1 text {\pict\pngblip " + b"00" * (10 * _MIB) + b"}}"


Makers = tuple[Callable[[], bytes], ...]
PAGES: Makers = (
    *(elements_without_end, tables_of_tables, cell_of_many_rows, comment_without_end),
    *(references_of_all_kinds, attributes_without_end),
)
MAILS: Makers = (
    *(parts_of_parts, messages_of_messages, parts_without_end, header_of_megabytes),
    packed_attachment,
)
RTF: Makers = (
    *(groups_of_groups, numbers_of_great_length, bytes_that_do_not_come, objects_of_megabytes),
)
