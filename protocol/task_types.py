"""The table of task types; no other module of the programs distinguishes them.

A new task type is one processor module and one row. The module has these functions:

``process(source)``
    Returns the result of one open binary file: a ``FileResult`` (bytes to save, and warnings), or a
    ``dict`` that is saved as JSON and has ``warnings``. These are sentences that tell a person what
    the result leaves out and what to do about it; they depend only on the file. Raises
    ``failures.FileError`` for a file that it can't use.
``self_test()``
    Runs a small known-answer test; raises ``failures.Unavailable`` if this computer can't run
    the type. A slave runs it before it registers.
``versions()`` (optional)
    Returns the versions of programs other than Python packages that the result depends on.
``features()`` (optional)
    Returns the names of what only some computers have, such as ``ocr:deu``: a job whose options
    need one gets slaves that have registered it.

If a row has ``settings``, ``process`` and all of these functions take them by keyword.
``process`` also takes the options of a job by their keywords (see ``options``), which take
precedence over settings.

A type whose result depends on all files of a job names a ``merge_module``. ``process(source)`` then
returns a *partial result*, and the master computes the results from those of all files: the
module's ``open_vocabulary(folder)`` returns a builder that merges them, and
``Embedder(vocabulary).outcome(filename, partial)`` computes one result. The master imports this
module, so it may only use the standard library.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from protocol.content_types import DOCUMENT, PICTURE, SOUND, TEXT
from protocol.option_values import (
    image,
    ocr_engines,
    ocr_languages,
    ocr_outputs,
    segmentation,
    semantic,
    speech,
)
from protocol.options import Option, Options


@dataclass(frozen=True, slots=True)
class TaskType:
    """One row: the names of a task type in HTTP and on disk, and the modules that process it."""

    name: str
    form_field: str
    result_key: str
    saved_name: str
    """Template of the saved file's name; ``{stem}`` is the uploaded name's stem."""
    processor: str
    merge_module: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    """By each keyword of the processor, the field of ``SlaveSettings`` that it gets."""
    options: tuple[Option, ...] = ()
    content: str | None = None
    """The kind of content that goes to this type if the user names no type."""

    @property
    def saved_names(self) -> tuple[str, ...]:
        """All templates of names, by which a saved file tells which one it has."""
        others = [name for option in self.options for name in option.saved_names.values()]
        return (self.saved_name, *others)

    def with_options(self, values: Options) -> "TaskType":
        """Return the type with the name that results have in a job with these options."""
        for option in self.options:
            if name := option.saved_names.get(values.get(option.name, "")):
                return replace(self, saved_name=name)
        return self

    def named_like(self, saved_file: str) -> str:
        """Return the template of a saved file's name; its ending tells which."""
        ending = PurePosixPath(saved_file).suffix
        return next((name for name in self.saved_names if name.endswith(ending)), self.saved_name)


_ROWS = (
    TaskType(
        name="image",
        form_field="images",
        result_key="image_data",
        saved_name="processed_{stem}.png",
        processor="slave_service.processing",
        options=(image.FACTS_OPTION, image.FRAMES_OPTION),
        content=PICTURE,
    ),
    TaskType(
        name="text",
        form_field="texts",
        result_key="analysis_data",
        saved_name="{stem}_analysis.json",
        processor="slave_service.text_processing",
        options=(segmentation.OPTION,),
        content=TEXT,
    ),
    TaskType(
        name="embedding",
        form_field="texts",
        result_key="embedding_data",
        saved_name="{stem}_embedding.json",
        processor="slave_service.embedding_processing",
        merge_module="protocol.embedding",
        options=(semantic.OPTION,),
    ),
    TaskType(
        name="ocr",
        form_field="images",
        result_key="ocr_data",
        saved_name="{stem}_ocr.json",
        processor="slave_service.ocr_processing",
        settings={"languages": "ocr_languages"},
        options=(ocr_languages.OPTION, ocr_engines.OPTION, ocr_outputs.OPTION),
    ),
    TaskType(
        name="audio",
        form_field="audio_files",
        result_key="audio_data",
        saved_name="{stem}_audio_analysis.json",
        processor="slave_service.audio_processing",
        settings={"speech_model": "speech_model"},
        options=(speech.OPTION,),
        content=SOUND,
    ),
    TaskType(
        name="document",
        form_field="documents",
        result_key="document_data",
        saved_name="{stem}_document_analysis.json",
        processor="slave_service.document_processing",
        settings={"languages": "ocr_languages"},
        options=(ocr_languages.OPTION, ocr_engines.OPTION),
        content=DOCUMENT,
    ),
)

TASK_TYPES: dict[str, TaskType] = {row.name: row for row in _ROWS}
TYPE_OF_CONTENT = {row.content: row.name for row in _ROWS if row.content}
DEFAULT_TASK_TYPE = "image"
