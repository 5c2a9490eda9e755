"""What speaks for a passage, trait by trait."""

from __future__ import annotations

from math import log

import pytest

from rag import Library
from rag.retrieval.ranking import FOUND, READ, Sought, read, spread, weights
from tests.conftest import row

RARE, COMMON = log(1 + 9.5 / 1.5), log(1 + 2.5 / 8.5)


def test_rare_words_weigh_more() -> None:
    sought = Sought(["quillon", "budgets"], {"quillon": 1, "budgets": 8}, 10)
    assert sought.weights == {"quillon": pytest.approx(RARE), "budget": pytest.approx(COMMON)}
    assert sought.pairs == {("quillon", "budget"): pytest.approx(RARE + COMMON)}


def test_scores_are_spread_over_their_candidates() -> None:
    assert spread({"a": 0.2, "b": 0.6, "c": 0.3}) == pytest.approx({"a": 0, "b": 1, "c": 0.25})
    assert spread({"a": 2.0, "b": 8.0}, of_none=0.0) == {"a": 0.25, "b": 1.0}
    assert spread({}) == {}
    assert spread({"a": 0.5, "b": 0.5}) == {"a": 0.0, "b": 0.0}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The budget of Quillon grew. It rained.", (1.0, 1.0, 0.0)),  # the pair stands the other way round
        ("Mayor Quillon's new budget grew. It rained.", (1.0, 1.0, 1.0)),
        ("Quillon spoke. The budget grew.", (RARE / (RARE + COMMON), 1.0, 1.0)),
        ("Quillon spoke at length and with some heat. A budget followed.", (RARE / (RARE + COMMON), 1.0, 0.0)),
        ("It rained all day.", (0.0, 0.0, 0.0)),
    ],
)
def test_what_a_passage_holds(library: Library, text: str, expected: tuple[float, ...]) -> None:
    library.add([row(1, text)])
    store = library._store
    ((article, chunk),) = store.catalog.chunks(store.catalog.chunk_ids()).values()
    sought = Sought(["quillon", "budget"], {"quillon": 1, "budget": 8}, 10)
    assert read(sought, article, chunk) == pytest.approx(dict(zip(READ, expected, strict=True)))


def test_weights_are_of_what_is_known_and_add_up() -> None:
    for known in (FOUND, ("meaning", "words"), ("words",)):
        found = weights(frozenset(known))
        assert set(found) == {*known, *READ}
        assert sum(found.values()) == pytest.approx(1)
        assert min(found.values()) > 0


def test_scores_fall_from_0_to_1_however_many_are_asked_for(library: Library) -> None:
    library.add([row(number, f"Story {number} is of harbour {number % 7}. A pilot.") for number in range(120)])
    hits = library.search("harbour 3 pilot", 110)
    scores = [hit.score for hit in hits]
    assert len(scores) == 110
    assert scores == sorted(scores, reverse=True)
    assert 0 <= scores[-1] <= scores[0] <= 1
    assert [hit.chunk.id for hit in hits[:5]] == [hit.chunk.id for hit in library.search("harbour 3 pilot", 5)]
