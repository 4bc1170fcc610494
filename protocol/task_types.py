"""The table of task types; no other module of the programs distinguishes them.

A new task type is one processor module and one row. The module has these functions:

``process(source)``
    Returns the result of one open binary file: the ``bytes`` to save, a ``FileResult`` (bytes
    with warnings), or a ``dict`` that is saved as JSON. Raises ``failures.FileError`` for a file
    that it can't use. A ``dict`` has ``warnings``: sentences that tell a person what the result
    leaves out and what to do about it.
    They depend only on the file.
``process_with_warnings(source)`` (optional)
    Returns a result in ``bytes`` and its warnings, which these can't contain. It is called instead
    of ``process``, with the same keywords.
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

A type whose result depends on all files of a job has two runs. In the first, the processor's
``count_terms(source)`` returns a ``dict`` for each file; the master merges these into a
*vocabulary*. In the second, ``process(source, vocabulary)`` computes the results, with the
keywords of options. The row names the
module with ``open_vocabulary(folder)``, which returns a builder, and
``check_vocabulary(vocabulary)``, which raises ``ValueError`` for an invalid one. The
master imports this module, so it may only use the standard library.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from protocol import ocr_languages
from protocol.content_types import DOCUMENT, PICTURE, SOUND, TEXT
from protocol.option_values import image, speech
from protocol.ocr import engines as ocr_engines
from protocol.ocr import outputs as ocr_outputs
from protocol.options import YES, Option, Options, yes_or_no


@dataclass(frozen=True, slots=True)
class TaskType:
    """One row: the names of a task type in HTTP and on disk, and the modules that process it."""

    name: str
    form_field: str
    result_key: str
    saved_name: str
    """Template of the saved file's name; ``{stem}`` is the uploaded name's stem."""
    processor: str
    vocabulary_module: str | None = None
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


_LANGUAGE = Option(
    "language",
    "languages",
    ocr_languages.parse,
    "Languages of the text in pictures and on scanned pages, by Tesseract's names. Only slaves "
    "that have them get the files. Default: OCR_LANGUAGES of the slave.",
    "eng+deu",
    ocr_languages.features,
)
_SPEECH = Option(
    "speech",
    "speech",
    speech.parse,
    "spans: find where speech is; transcript: also write it down, with times. Only slaves that can "
    "do it get the files. Default: neither.",
    "transcript",
    speech.features,
)

SEMANTIC_FEATURE = "embedding:semantic"
"""Of slaves that have the model of requirements-embedding.txt."""

_SEMANTIC = Option(
    "semantic",
    "semantic",
    yes_or_no,
    "yes: a vector of the meaning of each text besides (semantic_vector, for English). Only slaves "
    "with requirements-embedding.txt get the files. Default: no.",
    YES,
    lambda value: frozenset({SEMANTIC_FEATURE} if value == YES else ()),
)
_FACTS = Option(
    "facts",
    "facts",
    image.parse_facts,
    "What the result states as text chunks of its PNG: camera, date (when it was taken) and place "
    "by the EXIF data of the file, and perceptual_hash, by which near-duplicates are found. "
    "Default: none, so that the result has no metadata.",
    "camera,date",
)
_FRAMES = Option(
    "frames",
    "frames",
    image.parse_frames,
    "Which pages of a TIFF or frames of an animation are converted: first, all, a number from 1, "
    "or a range. Several give an animated PNG. Default: first.",
    "2-10",
)

_ENGINE = Option(
    "engine",
    "engine",
    ocr_engines.parse,
    "What reads pictures and scanned pages: tesseract, rapidocr (files go to slaves that have "
    "it), or auto: Tesseract, and RapidOCR too where it is installed and the page needs it.",
    ocr_engines.AUTO,
    ocr_engines.features,
)
_OUTPUT = Option(
    "output",
    "output",
    ocr_outputs.parse,
    "The form of the result: json (the default), or pdf: a PDF that shows the pages, with the "
    "words over them as invisible text that can be searched and copied.",
    ocr_outputs.PDF,
    saved_names={ocr_outputs.PDF: "{stem}_ocr.pdf"},
)

_ROWS = (
    TaskType(
        name="image",
        form_field="images",
        result_key="image_data",
        saved_name="processed_{stem}.png",
        processor="slave_service.processing",
        options=(_FACTS, _FRAMES),
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
        vocabulary_module="protocol.vocabulary",
        options=(_SEMANTIC,),
    ),
    TaskType(
        name="ocr",
        form_field="images",
        result_key="ocr_data",
        saved_name="{stem}_ocr.json",
        processor="slave_service.ocr_processing",
        settings={"languages": "ocr_languages"},
        options=(_LANGUAGE, _ENGINE, _OUTPUT),
    ),
    TaskType(
        name="audio",
        form_field="audio_files",
        result_key="audio_data",
        saved_name="{stem}_audio_analysis.json",
        processor="slave_service.audio_processing",
        settings={"speech_model": "speech_model"},
        options=(_SPEECH,),
        content=SOUND,
    ),
    TaskType(
        name="document",
        form_field="documents",
        result_key="document_data",
        saved_name="{stem}_document_analysis.json",
        processor="slave_service.document_processing",
        settings={"languages": "ocr_languages"},
        options=(_LANGUAGE, _ENGINE),
        content=DOCUMENT,
    ),
)

TASK_TYPES: dict[str, TaskType] = {row.name: row for row in _ROWS}
TYPE_OF_CONTENT = {row.content: row.name for row in _ROWS if row.content}
DEFAULT_TASK_TYPE = "image"
