"""Reads the names in the heads of multipart parts, which not every client sends in UTF-8."""

from multipart import MultipartSegment, content_disposition_unquote
from multipart import parse_options_header as parse_options
from werkzeug.http import parse_options_header


def filename_of(part: MultipartSegment) -> str | None:
    """Return the file name of a part; None for a field that is not a file, "" for no file."""
    header = part.header("Content-Disposition", "")
    if part.filename is None and "filename*" in header:
        # RFC 5987, in which older clients encode names that are not ASCII.
        _, options = parse_options_header(header)
        return options.get("filename")
    if part.filename is not None and "\\" in header:
        return decoded_name(_with_folders(header, part.filename))
    return None if part.filename is None else decoded_name(part.filename)


def _with_folders(header: str, cut: str) -> str:
    """Return the file name as it was sent: the parser cuts the folders of a Windows path off."""
    quoted = header.split('"', 4)
    if len(quoted) == 5 and not quoted[4] and quoted[2] == "; filename=":
        return str(content_disposition_unquote(quoted[3]))
    _, options = parse_options(header, unquote=lambda value, _: content_disposition_unquote(value))
    return str(options.get("filename", cut))


def decoded_name(latin: str) -> str:
    """Decode a name as UTF-8, or else as cp1252, which curl on a Western Windows sends."""
    name = latin.encode("latin-1")
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode("cp1252", errors="replace")
