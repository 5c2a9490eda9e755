"""Plain values and back: mappings, truth values, and whatever JSON holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.plain import from_plain, to_plain


@dataclass(frozen=True)
class Held:
    figures: Mapping[str, float]
    named: Mapping[str, Held]
    sure: bool
    rest: Any = None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
FIGURES = st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False))
LEAVES = st.builds(Held, figures=FIGURES, named=st.just({}), sure=st.booleans(), rest=JSON)
HELD = st.builds(Held, figures=FIGURES, named=st.dictionaries(st.text(), LEAVES), sure=st.booleans(), rest=JSON)


@given(HELD)
def test_what_was_made_plain_comes_back(held: Held) -> None:
    assert from_plain(Held, json.loads(json.dumps(to_plain(held)))) == held


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"figures": [1]}, "figures is no object"),
        ({"figures": {"a": "1"}}, "figures.a is not a number"),
        ({"figures": {"a": True}}, "figures.a is not a number"),
        ({"named": {"a": {}}}, "named.a.figures is missing"),
        ({"sure": 1}, "sure is not true or false"),
        ({"sure": None}, "sure is not true or false"),
    ],
)
def test_what_is_something_else_is_named(changed: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        from_plain(Held, {"figures": {}, "named": {}, "sure": True, **changed})
