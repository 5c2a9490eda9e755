"""Between frozen values and plain ones, as JSON has them: dataclasses, dates, tuples, literals, mappings by name."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

_NAMES = {str: "text", int: "a whole number", float: "a number", bool: "true or false", NoneType: "null"}


def to_plain(value: Any) -> Any:
    """Dataclasses, dates, tuples and mappings as JSON values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): to_plain(item) for name, item in value.items()}
    return value


def from_plain(kind: Any, value: Any, where: str = "") -> Any:
    """The value of type `kind` that `to_plain` made `value` of; the inverse, for the types named above.

    What a dataclass does not know is passed over, and what is missing takes its default; `Any` takes what
    there is. Raises `ValueError` in one line that says where `value` is something else, and never what stands there.
    """
    origin = get_origin(kind)
    if dataclasses.is_dataclass(kind):
        return _built(kind, value, where)
    if origin in (Union, UnionType):
        return _of_several(get_args(kind), value, where)
    if origin is tuple:
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise ValueError(f"{where} is no list")
        return tuple(from_plain(get_args(kind)[0], item, f"{where}[{at}]") for at, item in enumerate(value))
    if origin is Mapping:
        if not isinstance(value, Mapping):
            raise ValueError(f"{where} is no object")
        held = get_args(kind)[1]
        return {name: from_plain(held, item, f"{where}.{name}") for name, item in value.items()}
    if origin is Literal:
        if not (isinstance(value, str) and value in get_args(kind)):
            raise ValueError(f"{where} is none of {', '.join(get_args(kind))}")
        return value
    if kind is date:
        return _date(value, where)
    if kind is Any:
        return value
    if not _is(kind, value):
        raise ValueError(f"{where} is not {_NAMES[kind]}")
    return value


def _built(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, Mapping):
        raise ValueError(f"{where or 'the whole'} is no object")
    hints, found = _hints(kind), {}
    for field in dataclasses.fields(kind):
        inside = f"{where}.{field.name}" if where else field.name
        if field.name in value:
            found[field.name] = from_plain(hints[field.name], value[field.name], inside)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise ValueError(f"{inside} is missing")
    return kind(**found)


def _of_several(kinds: Sequence[Any], value: Any, where: str) -> Any:
    """What is null where it may be, else of the one kind that is left."""
    if value is None and NoneType in kinds:
        return None
    (kind,) = (kind for kind in kinds if kind is not NoneType)
    return from_plain(kind, value, where)


def _date(value: Any, where: str) -> date:
    try:
        found = date.fromisoformat(value)
        if found.isoformat() == value:
            return found
    except (TypeError, ValueError):
        pass
    raise ValueError(f"{where} is no date such as 2024-02-02")


def _is(kind: type, value: Any) -> bool:
    if kind is not float:
        return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    try:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:
        return False


@lru_cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
