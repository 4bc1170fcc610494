"""Generates the JSON Schemas of the types in ``api.models``, and examples of them."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

Schema = dict[str, Any]

_REF = "#/components/schemas/"


def parameters(model: type[BaseModel]) -> dict[str, Schema]:
    """Return the schema of each field of a query string or of headers."""
    schema = model.model_json_schema(ref_template=f"{_REF}{{model}}", schema_generator=_Generator)
    properties: dict[str, Schema] = schema["properties"]
    return properties


class Schemas:
    """The schemas of some types, by name, and the components that they refer to."""

    def __init__(self, types: Mapping[str, Any]) -> None:
        found, rest = TypeAdapter.json_schemas(
            [(name, "validation", TypeAdapter(each)) for name, each in types.items()],
            ref_template=f"{_REF}{{model}}",
            schema_generator=_Generator,
        )
        self._schemas = {name: schema for (name, _), schema in found.items()}
        self.components: dict[str, Schema] = rest["$defs"]
        for component in self.components.values():
            component.pop("title", None)

    def schema(self, name: str) -> Schema:
        """Return the schema of the type with that name."""
        return self._schemas[name]

    def description(self, name: str) -> str:
        """Return the description of the type with that name."""
        return str(self._resolved(self._schemas[name])["description"])

    def example(self, schema: Schema) -> Any:  # noqa: ANN401 (any JSON)
        """Return an example, made of the examples and defaults of its parts."""
        if "examples" in schema:
            return schema["examples"][0]
        if "default" in schema:
            return schema["default"]
        if "$ref" in schema:
            return self.example(self._resolved(schema))
        if "anyOf" in schema:
            choices = schema["anyOf"]
            return None if {"type": "null"} in choices else self.example(choices[0])
        if "enum" in schema:
            return schema["enum"][0]
        return self._example_of_type(schema)

    def _example_of_type(self, schema: Schema) -> Any:  # noqa: ANN401 (any JSON)
        if schema["type"] == "object":
            return {name: self.example(part) for name, part in schema.get("properties", {}).items()}
        if schema["type"] == "array":
            return [self.example(schema["items"])]
        return {"integer": 0, "number": 0.0, "boolean": False, "string": ""}[schema["type"]]

    def _resolved(self, schema: Schema) -> Schema:
        return self.components[schema["$ref"].removeprefix(_REF)] if "$ref" in schema else schema


class _Generator(GenerateJsonSchema):
    """Leaves out titles, which would name classes, and null where it only means "not given"."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> Schema:
        if schema.get("default", ...) is not None:
            return super().default_schema(schema)
        inner = schema["schema"]
        return self.generate_inner(inner["schema"] if inner["type"] == "nullable" else inner)
