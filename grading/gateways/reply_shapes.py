"""The ways to ask a provider for JSON, from the strictest to none."""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel

# What the strict modes of providers take everywhere. Ranges and lengths are refused by some, so
# they are checked on our side only.
_KEPT = ("type", "required", "additionalProperties", "enum", "const", "description", "$ref")


class ReplyShape(StrEnum):
    SCHEMA = "json_schema"
    OBJECT = "json_object"
    TEXT = "text"

    def plainer(self) -> "ReplyShape":
        return ReplyShape.OBJECT if self is ReplyShape.SCHEMA else ReplyShape.TEXT


def response_format(shape: ReplyShape, schema: type[BaseModel]) -> dict[str, Any] | None:
    """The request's `response_format`; None where the prompt alone has to ask for JSON."""
    if shape is ReplyShape.TEXT:
        return None
    if shape is ReplyShape.OBJECT:
        return {"type": "json_object"}
    return {
        "type": "json_schema",
        "json_schema": {
            "name": schema.__name__,
            "strict": True,
            "schema": portable_schema(schema.model_json_schema()),
        },
    }


def portable_schema(node: dict[str, Any]) -> dict[str, Any]:
    """A JSON schema with only the keywords every provider's strict mode takes."""
    kept = {key: node[key] for key in _KEPT if key in node}
    for key in ("properties", "$defs"):
        if key in node:
            kept[key] = {name: portable_schema(child) for name, child in node[key].items()}
    if "items" in node:
        kept["items"] = portable_schema(node["items"])
    if "anyOf" in node:
        kept["anyOf"] = [portable_schema(child) for child in node["anyOf"]]
    return kept
