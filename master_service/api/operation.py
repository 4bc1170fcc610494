"""Declares the operation of each view: what ``/openapi.json`` says of it, and what is checked.

The signature of a view is the source of both. Its parameters are the parts of the path and the
models ``body``, ``query`` and ``headers``, which are checked before it is called. Its return type
names its JSON answers: a type of ``api.models`` for 200, a tuple with a literal status for others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from flask import request
from pydantic import BaseModel
from typing_extensions import is_typeddict

from master_service.api.models.fields import Binary, example
from master_service.api.models.jobs import JobReference
from master_service.api.request_parsing import check, json_body
from master_service.errors import InvalidRequest

Created = tuple[JobReference, Literal[201], dict[str, str]]
Accepted = tuple[JobReference, Literal[202], dict[str, str]]
_JOB_ANSWERS = {201: "The new job.", 202: "The job, which runs in the background."}
R = TypeVar("R")

JSON = "application/json"
BYTES = "application/octet-stream"
_SOURCES: Mapping[str, Callable[[], object]] = {
    "body": json_body,
    "query": lambda: dict(request.args.items()),
    "headers": lambda: dict(request.headers.items()),
}
"""Returns the content that a model checks, by the name of the view's parameter."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a view: types by media type, and the names of its headers.

    Without a description it has that of its JSON.
    """

    description: str = ""
    content: Mapping[str, Any] = field(default_factory=dict)
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """The operation of a view: its id, one tag, and what ``operation`` was given.

    ``inputs`` are the types of the view's parameters by name, and of its ``form``. ``answers`` and
    ``errors`` are by status; an error is an example text, "" for a general one.
    """

    name: str
    tag: str
    summary: str
    inputs: Mapping[str, Any]
    answers: Mapping[int, Answer]
    errors: Mapping[int, str]


def operation(
    name: str,
    tag: str,
    *,
    errors: tuple[int, ...] = (),
    bad_request: str = "",
    answers: Mapping[int, Answer] | None = None,
    form: type[BaseModel] | None = None,
) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Return a decorator for a view; ``name`` is the operation id, its docstring the summary.

    ``errors`` are the statuses that the view itself refuses with. ``bad_request`` is the example
    of a 400, by default a refusal of the view's models. ``answers`` are those besides the JSON of
    the return type. ``form`` only describes what ``received_form`` receives.
    """

    def declare(view: Callable[..., R]) -> Callable[..., R]:
        hints = get_type_hints(view, include_extras=True)
        returned = hints.pop("return")
        models: dict[str, type[BaseModel]] = {key: hints[key] for key in _SOURCES if key in hints}
        example_400 = bad_request or ("" if form else _refusal(models))

        @wraps(view)
        def checked_view(**path: object) -> R:
            return view(**path, **{key: check(models[key], _SOURCES[key]()) for key in models})

        vars(checked_view)["operation"] = Operation(
            name,
            tag,
            " ".join((view.__doc__ or "").split()),
            hints | ({"form": form} if form else {}),
            {**_json_answers(returned), **(answers or {})},
            dict.fromkeys(errors, "") | ({400: example_400} if example_400 else {}),
        )
        return checked_view

    return declare


def _refusal(models: Mapping[str, type[BaseModel]]) -> str:
    """Return a refusal of the first model that does not take everything, or ""."""
    for source, model in models.items():
        names = [field.alias or name for name, field in model.model_fields.items()]
        try:
            check(model, None if source == "body" else dict.fromkeys(names, ""))
        except InvalidRequest as refusal:
            return str(refusal)
    return ""


def operation_of(view: Callable[..., Any]) -> Operation | None:
    """Return the operation that a view declares, if any."""
    found: Operation | None = getattr(view, "operation", None)
    return found


def text_answer(description: str, text: str) -> Answer:
    """Return an answer of plain text, with an example."""
    return Answer(description, {"text/plain": Annotated[str, example(text)]})


def download(
    description: str, *kinds: str, json: object = None, is_attachment: bool = False
) -> Answer:
    """Return an answer of bytes: of one of the media types ``kinds`` or, if asked for, ``BYTES``.

    ``json`` is the type of its JSON, which comes last: some generated clients parse every answer
    as the first media type that they know.
    """
    content = dict.fromkeys((*kinds, BYTES), Binary) | ({JSON: json} if json else {})
    return Answer(description, content, ("Content-Disposition",) if is_attachment else ())


def _json_answers(returned: Any) -> dict[int, Answer]:  # noqa: ANN401 (any type)
    answers = {}
    is_union = get_origin(returned) in (Union, UnionType)
    for each in get_args(returned) if is_union else (returned,):
        if get_origin(each) is tuple:
            model, status, _headers = get_args(each)
            (number,) = get_args(status)
            answers[number] = Answer(_JOB_ANSWERS[number], {JSON: model}, ("Location",))
        elif is_typeddict(each):
            answers[200] = Answer(content={JSON: each})
    return answers
