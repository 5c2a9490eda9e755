"""JSON schemas of what the library gives, made from its own types, so that they cannot fall behind them."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from rag.types import SCHEMA, AddReport, Answer, ArticleInfo, Citation, Summary, Verification

Schema = dict[str, Any]

_TEXT = "The statements joined by one space, each followed by its markers such as [1]; empty where it abstained."
_ABOUT = {
    "start": "Offset of the first character in the article's text, in Unicode characters",
    "end": "Offset just behind the last character",
    "quote": "The article's own characters from start to end",
    "support": "verified: said word for word; partial: every check passes, not every word is confirmed",
}


def answer() -> Schema:
    """Of `Answer.to_dict`."""
    return _with(_of(Answer), {"text": {"type": "string", "description": _TEXT}})


def summary() -> Schema:
    """Of `Summary.to_dict`."""
    return _with(_of(Summary), {"text": {"type": "string", "description": _TEXT}})


def verification() -> Schema:
    """Of `Verification.to_dict`."""
    supported = {"type": "boolean", "description": "Whether no sentence is unsupported"}
    return _with(_of(Verification), {"supported": supported})


def search() -> Schema:
    """Of a query and its hits, each as `Hit.to_dict` gives it."""
    number = {"type": "number"}
    hit = _with(_place(), {"score": {**number, "description": "0 to 1, higher is better"}}, head=False)
    hit = _with(hit, {"dense": number, "lexical": number}, head=False)
    return _object({"query": {"type": "string"}, "hits": {"type": "array", "items": hit}})


def passage() -> Schema:
    """Of a passage: a citation without a number, and what stands around it."""
    beside = {"before": {"type": "string"}, "after": {"type": "string"}, "characters": {"type": "integer"}}
    return _with(_place(), beside)


def listing() -> Schema:
    """Of one page of the articles, each as `ArticleInfo.to_dict` gives it."""
    info = _of(ArticleInfo)
    whole = {"type": "integer"}
    return _object({"total": whole, "limit": whole, "offset": whole, "articles": {"type": "array", "items": info}})


def report() -> Schema:
    """Of `AddReport.to_dict`."""
    names = ("added", "updated", "unchanged", "failed", "skipped")
    return _with(_of(AddReport), {name: {"type": "integer"} for name in names})


def _place() -> Schema:
    schema = _of(Citation)
    del schema["properties"]["number"]
    schema["required"].remove("number")
    return schema


def _of(kind: type) -> Schema:
    """The schema of a dataclass's fields, all of which are always there."""
    schema = TypeAdapter(kind).json_schema(mode="serialization")
    for part in (schema, *schema.get("$defs", {}).values()):
        part.pop("title", None)
        part["required"] = list(part["properties"])
        for name, field in part["properties"].items():
            field.pop("title", None)
            field.pop("default", None)
            if name in _ABOUT:
                field["description"] = _ABOUT[name]
    schema.pop("description", None)
    return schema


def _with(schema: Schema, more: Schema, *, head: bool = True) -> Schema:
    """`schema` with more properties, and with the number of the form at its head."""
    form = {"schema": {"const": SCHEMA, "type": "integer"}} if head else {}
    properties = {**form, **schema["properties"], **more}
    return {**schema, "properties": properties, "required": list(properties)}


def _object(properties: Schema) -> Schema:
    return _with({"type": "object", "properties": {}}, properties)
