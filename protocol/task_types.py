"""The table of task types: everything that tells one type from another stands here alone.

A new task type is one processor module and one row. The module offers, by name:

``process(source)``
    turns one open binary file into the result: the ``bytes`` to save as they are, or a
    ``dict`` that is saved as JSON. A file it can't use is an ``errors.FileError``.
    A ``dict`` has ``warnings``: sentences that tell a person what the result leaves out and what
    to do about it. The same file always has the same ones.
``warnings(source)`` (if need be)
    the same for a result in ``bytes``, which has no place for them.
``self_test()``
    a tiny known-answer test that raises ``errors.Unavailable`` where this computer can't do
    the type. A slave runs it before it registers.
``versions()`` (if need be)
    of programs that the result depends on and that are no Python packages.
``features()`` (if need be)
    what the slave registers beside that, by the name of the registration's key.

Where a row names ``settings``, ``process``, ``self_test`` and ``versions`` take them by keyword.

A type whose result depends on all files of a job works in two passes. Its row names a *fit*
module, which the master runs (so it needs nothing but the standard library) and offers
``open_fit(folder)``, and ``check_fit(fit)``, a ``ValueError`` for one that nobody made; its
processor then also offers ``survey(source)``, a ``dict`` for each file, and its ``process`` takes
``(source, fit)``, the fit being made of all the surveys.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from protocol.content_types import DOCUMENT, PICTURE, SOUND, TEXT


@dataclass(frozen=True, slots=True)
class TaskType:
    """One row: the names a task type goes by outside, and the modules that do the work."""

    name: str
    form_field: str
    result_key: str
    saved_name: str
    """The saved file's name, with ``{stem}`` for the uploaded name's stem."""
    processor: str
    fit: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    """For each keyword of the processor the setting of the slave that it takes."""
    content: str | None = None
    """The kind of content that goes to this type where the user names none."""


_ROWS = (
    TaskType(
        name="image",
        form_field="images",
        result_key="image_data",
        saved_name="processed_{stem}.png",
        processor="slave_service.processing",
        content=PICTURE,
    ),
    TaskType(
        name="text",
        form_field="texts",
        result_key="analysis_data",
        saved_name="{stem}_analysis.json",
        processor="slave_service.text_processing",
        content=TEXT,
    ),
    TaskType(
        name="embedding",
        form_field="texts",
        result_key="embedding_data",
        saved_name="{stem}_embedding.json",
        processor="slave_service.embedding_processing",
        fit="protocol.vocabulary",
    ),
    TaskType(
        name="ocr",
        form_field="images",
        result_key="ocr_data",
        saved_name="{stem}_ocr.json",
        processor="slave_service.ocr_processing",
        settings={"languages": "ocr_languages"},
    ),
    TaskType(
        name="audio",
        form_field="audio_files",
        result_key="audio_data",
        saved_name="{stem}_audio_analysis.json",
        processor="slave_service.audio_processing",
        content=SOUND,
    ),
    TaskType(
        name="document",
        form_field="documents",
        result_key="document_data",
        saved_name="{stem}_document_analysis.json",
        processor="slave_service.document_processing",
        content=DOCUMENT,
    ),
)

TASK_TYPES: dict[str, TaskType] = {row.name: row for row in _ROWS}
TYPE_OF_CONTENT = {row.content: row.name for row in _ROWS if row.content}
DEFAULT_TASK_TYPE = "image"
