"""Writes the multipart form of one batch: its length is known, and its files are read when sent."""

from collections.abc import Iterator, Sequence

from master_service.engine import InputFile
from protocol.http.form_heads import field_head, file_head, form_end, new_boundary
from protocol.wire import SourceChanged


class FormBody:
    """A form of ``fields``, and of files that all have the same field name."""

    def __init__(
        self, fields: Sequence[tuple[str, bytes]], file_field: str, files: Sequence[InputFile]
    ) -> None:
        boundary = new_boundary()
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._begin = b"".join(
            field_head(boundary, name) + value + b"\r\n" for name, value in fields
        )
        self._heads = [file_head(boundary, file_field, file.filename) for file in files]
        self._files = files
        self._end = form_end(boundary)

    def __len__(self) -> int:
        """Return the length of the form in bytes."""
        heads = sum(map(len, self._heads)) + 2 * len(self._files)
        sizes = sum(file.size for file in self._files)
        return len(self._begin) + heads + sizes + len(self._end)

    def pieces(self) -> Iterator[bytes | InputFile]:
        """Yield the form in order: bytes, and files whose content belongs there."""
        yield self._begin
        for head, file in zip(self._heads, self._files, strict=True):
            yield head
            yield file
            yield b"\r\n"
        yield self._end


def check_size(file: InputFile) -> None:
    """Raise ``SourceChanged`` for a file that is missing or has another size."""
    try:
        is_whole = file.path.stat().st_size == file.size
    except OSError:
        is_whole = False
    if not is_whole:
        raise SourceChanged(file.path, "is no longer what was uploaded")
