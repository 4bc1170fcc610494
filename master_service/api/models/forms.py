"""The models that describe the forms with files; they check nothing.

``protocol.server.multipart_receiver`` receives forms and writes the files to disk.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from master_service.api.models.fields import OPTIONS_TEXT, Binary, TaskType
from protocol.task_types import DEFAULT_TASK_TYPE, TASK_TYPES


def _form(name: str, example: dict[str, Any], **fields: Any) -> type[BaseModel]:  # noqa: ANN401 (as create_model)
    """Return the model that describes a form, with a list of files for each form field."""
    types: dict[str, list[str]] = {}
    for task in TASK_TYPES.values():
        types.setdefault(task.form_field, []).append(task.name)
    for field, names in types.items():
        description = f"Files of the task types {', '.join(names)}."
        fields[field] = (
            list[Binary],
            Field(default_factory=list, description=description),
        )
    return create_model(
        name,
        __config__=ConfigDict(json_schema_extra={"examples": [example]}),
        __doc__="Only the field of the task type is read. Each file needs a file name: a part "
        "without one is ignored, and so are other fields.",
        **fields,
    )


_TASK_TYPE_FIELD = Annotated[
    TaskType | str,
    Field(description="One of TaskType; a newer master may know more. Any other value is a 400."),
]
_FILES = {"texts": ["A good text.", "Another one."]}
AssignTaskForm = _form(
    "AssignTaskForm",
    {"task_type": "text", **_FILES},
    task_type=(_TASK_TYPE_FIELD, DEFAULT_TASK_TYPE),
    options=(str, Field("", description=f"A JSON object. {OPTIONS_TEXT}")),
)
AddFilesForm = _form("AddFilesForm", _FILES)
