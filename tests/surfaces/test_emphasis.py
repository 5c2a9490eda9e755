from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.surfaces.emphasis import emphasis

QUOTE = "More than 85 sites were hit on Feb. 2, 2024, at 4:00 p.m., U.S. Central Command said on Friday."


@pytest.mark.parametrize(
    ("question", "quote", "marked"),
    [
        ("How many sites did the U.S. hit?", QUOTE, ["85 sites", "hit", "U.S."]),
        ("When were the sites struck?", QUOTE, ["sites", "Feb. 2, 2024", "4:00 p.m.", "Friday"]),
        ("Who commands the centre?", QUOTE, ["Command"]),
        ("What was said about whales?", QUOTE, ["said"]),
        ("How much did it cost?", "It cost $4.6 million, or 12% more.", ["cost $4.6 million", "12%"]),
        ("How many were hurt?", "Thirty-one people were hurt, three badly.", ["Thirty-one", "hurt", "three"]),
        ("Which striking ministers?", "The minister's strike was called off.", ["minister's strike"]),
        ("What year did it open?", "It opened in 1961.", ["opened", "1961"]),
        ("Why?", QUOTE, []),
    ],
)
def test_what_is_marked(question: str, quote: str, marked: list[str]) -> None:
    assert [quote[span.start : span.end] for span in emphasis(question, quote)] == marked


@given(st.text(), st.text())
def test_spans_are_in_order_apart_and_within_the_quote(question: str, quote: str) -> None:
    spans = emphasis(f"how many {question} {quote[:20]}", quote)
    assert all(0 <= span.start < span.end <= len(quote) for span in spans)
    assert all(one.end < other.start for one, other in zip(spans, spans[1:], strict=False))
