"""Which gold passages a citation serves, and how well a search finds them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import Article, Citation, Span
from rag.evaluation.locating import Place
from rag.evaluation.sourcing import retrieval, serves

ARTICLE = Article.create(key="a", text="x" * 400, title="A", source="a.md")


def cited(start: int, end: int, article: Article = ARTICLE) -> Citation:
    return Citation.of(article, Span(start, end), 1)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (100, 200, True),
        (0, 400, True),  # it covers the passage
        (120, 130, True),  # it is a part of the passage
        (50, 150, True),  # half of the shorter
        (49, 149, False),
        (195, 205, True),
        (196, 206, False),
        (200, 300, False),
        (0, 100, False),
    ],
)
def test_what_serves_a_passage(start: int, end: int, expected: bool) -> None:
    assert serves(cited(start, end), Place(ARTICLE, Span(100, 200))) is expected


def test_another_article_or_version_serves_nothing() -> None:
    newer = Article.create(key="a", text=ARTICLE.text, title="Another title", source="a.md")
    other = Article.create(key="b", text=ARTICLE.text, title="A", source="b.md")
    place = Place(ARTICLE, Span(100, 200))
    assert newer.id == ARTICLE.id
    assert [serves(cited(100, 200, article), place) for article in (ARTICLE, newer, other)] == [True, False, False]


SPANS = (
    st.tuples(st.integers(0, 399), st.integers(1, 400)).filter(lambda ends: ends[0] < ends[1]).map(lambda e: Span(*e))
)


@given(SPANS, SPANS)
def test_serving_goes_both_ways(one: Span, other: Span) -> None:
    assert serves(cited(*one), Place(ARTICLE, other)) is serves(cited(*other), Place(ARTICLE, one))
    assert serves(cited(*one), Place(ARTICLE, one))


def test_a_passage_found_may_serve_several_groups() -> None:
    groups = [(Place(ARTICLE, Span(0, 10)),), (Place(ARTICLE, Span(20, 30)),), (Place(ARTICLE, Span(300, 310)),)]
    # The second serves the first group again, which is of no more use.
    found = [cited(200, 250), cited(0, 40), cited(0, 10), *[cited(200 + n, 250) for n in range(1, 8)], cited(300, 310)]
    assert retrieval(found, groups) == {
        "hits_at_4": 1.0,
        "hits_at_10": 1.0,
        "recall_at_10": pytest.approx(2 / 3),
        "mrr_at_10": 0.5,
        "ndcg_at_10": pytest.approx((0.63093 + 0.5) / (1 + 0.63093 + 0.5), abs=1e-4),
    }
    assert retrieval([cited(200, 250)] * 4 + [cited(0, 10)], groups)["hits_at_4"] == 0.0
    assert set(retrieval([], groups).values()) == {0.0}
