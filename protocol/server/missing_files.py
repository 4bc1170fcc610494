"""The message for a form without files: what was received instead, and how to send files."""

import json
from collections.abc import Iterable

from protocol.server.multipart_receiver import Form
from protocol.task_types import TASK_TYPES, TaskType

_MAX_NAMES = 8
_MAX_CHARACTERS = 60
_TEXT_FIELDS = frozenset({"task_type", "options", "name"})
"""Fields that hold text, and so are not listed as received."""


def no_files(task_type: str) -> str:
    """Return the fixed beginning of the message."""
    return f"No files provided for {task_type} processing"


def why_no_files(task: TaskType, form: Form) -> str:
    """Return the message for a form without a file in the field of its task type."""
    return f"{no_files(task.name)}: {_remedy(task, form)}"


def _remedy(task: TaskType, form: Form) -> str:
    field = _quoted(task.form_field)
    as_file = f"curl -F {task.form_field}=@FILE"
    if task.form_field in form.fields_without_filename:
        return f"the file in the form field {field} has an empty name: choose a file ({as_file})."
    if task.form_field in form.fields:
        return (
            f"the form field {field} came as text, without a file name: send it as a file "
            f"({as_file})."
        )
    files = dict.fromkeys(upload.field for upload in form.uploads)
    others = dict.fromkeys((*files, *form.fields_without_filename, *form.fields))
    names = [name for name in others if name not in _TEXT_FIELDS]
    remedy = f"send them in the form field {field} (received: {_list(names)})."
    return f"{remedy}{_field_owners(files)}"


def _field_owners(files: Iterable[str]) -> str:
    """Return a sentence on the first field that belongs to other task types; may be empty."""
    for field in files:
        types = [task.name for task in TASK_TYPES.values() if task.form_field == field]
        if types:
            wanted = " or ".join(types)
            return f" {_quoted(field)} is the field of task_type {wanted}."
    return ""


def _list(names: list[str]) -> str:
    if not names:
        return "no other field"
    shown = ", ".join(map(_quoted, names[:_MAX_NAMES]))
    return f"{shown} and {len(names) - _MAX_NAMES} more" if names[_MAX_NAMES:] else shown


def _quoted(name: str) -> str:
    return json.dumps(name[:_MAX_CHARACTERS], ensure_ascii=False)
