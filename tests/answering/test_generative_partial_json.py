"""JSON read as it arrives gives what the whole gives, each part as soon as it is complete."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.partial_json import PartialObject

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)


def fed(*pieces: str) -> list[tuple[str, Any]]:
    reader = PartialObject()
    return [part for piece in pieces for part in reader.feed(piece)]


def parts(value: dict[str, Any]) -> list[tuple[str, Any]]:
    """What is given of an object: its values, and of lists each element."""
    return [(name, part) for name, held in value.items() for part in (held if isinstance(held, list) else [held])]


@given(st.dictionaries(st.text(), VALUES), st.sampled_from([None, 2]), st.booleans(), st.integers(1, 7))
def test_every_part_comes_once_and_in_order(value: dict[str, Any], indent: int | None, plain: bool, step: int) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=plain)
    pieces = [text[start : start + step] for start in range(0, len(text), step)]
    assert fed(*pieces) == parts(value)


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    fed(text)
    fed("{" + text)
    fed('{"a": [' + text)


def test_a_part_comes_with_its_last_character() -> None:
    reader = PartialObject()
    assert list(reader.feed('{"answers": true')) == []
    assert list(reader.feed(',"statements":[{"text":"a }] \\" b"')) == [("answers", True)]
    assert list(reader.feed("}")) == [("statements", {"text": 'a }] " b'})]
    assert list(reader.feed(', {"text": "c"')) == []
    assert list(reader.feed("}]")) == [("statements", {"text": "c"})]
    assert list(reader.feed(', "n": 1')) == []
    assert list(reader.feed("2}")) == [("n", 12)]


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ('```json\n{"a": 1}\n```', [("a", 1)]),
        ('Here it is: {"a": [1, [2], {"b": 3}]} and {"a": 2}', [("a", 1), ("a", [2]), ("a", {"b": 3})]),
        ('{"a": [], "b": {}}', [("b", {})]),
        ("[1, 2]", []),
        ('{"a": oops, "b": 1}', [("b", 1)]),
        ('<think>Is it {"a": 2}, or {"a": [3]}?</think>\n```json\n{"a": "<think>"}\n```', [("a", "<think>")]),
        ("<think> { </think>", []),
        ('{"a": [1, oops, 2', [("a", 1)]),
        ("", []),
    ],
)
def test_what_stands_around_is_passed_over(text: str, given: list[tuple[str, Any]]) -> None:
    assert fed(text) == given


def test_deep_nesting_is_passed_over() -> None:
    assert fed('{"a": {"b": ' + "[" * 100_000 + "]" * 100_000 + '}, "c": 1}') == [("c", 1)]


def test_time_is_linear() -> None:
    def seconds(size: int) -> float:
        text = '{"a": ["' + "x" * size + '"]}'
        reader = PartialObject()
        started = time.process_time()
        for character in text:
            list(reader.feed(character))
        return time.process_time() - started

    assert min(seconds(80_000) for _ in range(3)) < 20 * min(seconds(10_000) for _ in range(3))
