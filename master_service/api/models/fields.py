"""The types of fields that several models share, and the rules that refusals name."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema, with_config
from typing_extensions import TypeAliasType, TypedDict

from protocol.task_types import TASK_TYPES

EXAMPLE_JOB_ID = "177525e0320c41ea897c9013b718cd64"
EXAMPLE_SLAVE = "127.0.0.1:3000"
EXAMPLE_RESULT = "processed_results/text/letter_analysis.json"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a field must be; its refusal is the sentence "<field> must be <text>.".

    Numbers with two bounds and texts need none.
    """

    text: str


def example(value: object) -> Any:  # noqa: ANN401 (as Pydantic's Field)
    """Return the example of a field."""
    return Field(examples=[value])


@with_config(ConfigDict(use_attribute_docstrings=True))
class JsonObject(TypedDict):
    """The base of the objects in answers: checked by mypy alone, at no cost at run time.

    The text below a field is its description, which is read when ``/openapi.json`` is generated.
    """


class Error(JsonObject):
    """The body of every answer that refuses a request."""

    error: str
    """What is wrong and what to do."""


TaskType = TypeAliasType(
    "TaskType", Annotated[str, WithJsonSchema({"type": "string", "enum": list(TASK_TYPES)})]
)
"""Described as one of the known task types; another one has a refusal of its own."""

OPTIONS_TEXT = "The options of the task type; unknown ones are a 400. " + " ".join(
    f"{task.name} has {option.name}, such as {option.example}: {option.description}"
    for task in TASK_TYPES.values()
    for option in task.options
)

OptionValues = Annotated[
    dict[str, str],
    WithJsonSchema(
        {
            "type": "object",
            "properties": {
                option.name: {"type": "string", "description": option.description}
                for task in TASK_TYPES.values()
                for option in task.options
            },
            "additionalProperties": False,
        }
    ),
]

Count = Annotated[int, Field(ge=0)]
Number = Annotated[float, Field(ge=0)]
Time = Annotated[
    str,
    Field(json_schema_extra={"format": "date-time"}, examples=["2026-03-14T15:09:26.535Z"]),
]
JobId = Annotated[str, Field(description="The id of a job.", examples=[EXAMPLE_JOB_ID])]
FileIndex = Annotated[int, Field(ge=0, description="The place of the file in the upload.")]
SlaveName = Annotated[str, Field(description="ip:port", examples=[EXAMPLE_SLAVE])]
Binary = Annotated[bytes, WithJsonSchema({"type": "string", "format": "binary"})]
"""Raw bytes. OpenAPI 3.1 doesn't need the format, but client generators do."""
SavedPath = Annotated[str, example(EXAMPLE_RESULT)]


def _digits(value: object) -> object:
    """Refuse texts that ``int`` accepts, such as "+1", " 1" and "1_000"."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) <= 16):
        raise ValueError("not a whole number")
    return value


DIGITS = BeforeValidator(_digits)
"""For a whole number in the query string."""
