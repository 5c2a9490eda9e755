"""ALCE's citation recall and precision, against the paper's words put down as they stand."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.evaluation.metrics.citations import Cited, borne_out, citation_precision, citation_recall, of_use


class Table:
    """An entailment step that has a verdict on every set of passages, drawn once; it counts how often it is asked."""

    def __init__(self, seed: int, likely: float = 0.5) -> None:
        self._seed, self._likely, self.asked = seed, likely, 0

    def __call__(self, statement: str, passages: Sequence[str]) -> bool:
        self.asked += 1
        return Random(f"{self._seed} {statement} {sorted(passages)}").random() < self._likely


def by_the_paper(statements: Sequence[Cited[str]], table: Table) -> tuple[float, float]:
    """Section 3: recall is 1 where there is a citation and all together entail the statement. A citation is
    irrelevant where it alone does not support the statement and its removal does not affect the rest supporting it;
    precision is 1 for a citation whose statement has recall 1 and which is not irrelevant."""
    recalls: list[int] = []
    precisions: list[int] = []
    for statement in statements:
        cited = list(statement.passages)
        recall = int(len(cited) > 0 and table(statement.text, cited))
        recalls.append(recall)
        for number, passage in enumerate(cited):
            rest = [other for place, other in enumerate(cited) if place != number]
            alone = table(statement.text, [passage])
            rest_supports = len(rest) > 0 and table(statement.text, rest)
            irrelevant = not alone and rest_supports
            precisions.append(int(recall == 1 and not irrelevant))
    return sum(recalls) / len(recalls), sum(precisions) / len(precisions) if precisions else 0.0


def drawn(random: Random) -> list[Cited[str]]:
    passages = [f"p{number}" for number in range(6)]
    return [
        Cited(f"statement {number}", tuple(random.sample(passages, random.choice([0, 1, 1, 2, 3, 4]))))
        for number in range(random.randint(1, 6))
    ]


def test_they_agree_with_the_paper() -> None:
    for seed in range(300):
        random = Random(seed)
        statements, table = drawn(random), Table(seed, random.choice([0.3, 0.5, 0.8]))
        ours = (citation_recall(statements, table), citation_precision(statements, table))
        assert ours == by_the_paper(statements, table)


@pytest.mark.parametrize(
    ("cited", "needed", "recall", "useful"),
    [
        ((), ("a",), False, ()),
        (("a",), ("a",), True, (True,)),
        (("b",), ("a",), False, (False,)),
        (("a", "b"), ("a",), True, (True, False)),
        (("a", "b"), ("a", "b"), True, (True, True)),
        (("a", "b", "c"), ("a", "b"), True, (True, True, False)),
        (("a", "c"), ("a", "b"), False, (False, False)),
        # The same passage twice: either bears it out alone.
        (("a", "a"), ("a",), True, (True, True)),
    ],
)
def test_one_statement(cited: tuple[str, ...], needed: tuple[str, ...], recall: bool, useful: tuple[bool, ...]) -> None:
    def entails(text: str, passages: Sequence[str]) -> bool:
        return set(needed) <= set(passages)

    statement = Cited("said", cited)
    assert (borne_out(statement, entails), of_use(statement, entails)) == (recall, useful)
    assert citation_recall([statement], entails) == recall
    assert citation_precision([statement], entails) == (sum(useful) / len(useful) if useful else 0.0)


def test_precision_is_over_the_citations_of_all_statements() -> None:
    statements = [Cited("one", ("a",)), Cited("two", ("a", "b", "c"))]
    assert citation_recall(statements, lambda text, _: text == "one") == 0.5
    assert citation_precision(statements, lambda text, _: text == "one") == 0.25


def test_nothing_said_and_nothing_cited_is_zero() -> None:
    table = Table(0, 1.0)
    assert (citation_recall([], table), citation_precision([], table)) == (0.0, 0.0)
    assert (citation_recall([Cited("said", ())], table), citation_precision([Cited("said", ())], table)) == (0.0, 0.0)
    assert table.asked == 0


def test_the_entailment_is_asked_no_more_than_needed() -> None:
    table = Table(0, 1.0)
    assert of_use(Cited("said", ("a",)), table) == (True,)
    assert table.asked == 1


@given(st.integers(0, 10_000), st.randoms())
def test_the_order_of_statements_is_of_no_account(seed: int, random: Random) -> None:
    statements, table = drawn(Random(seed)), Table(seed)
    turned = random.sample(statements, len(statements))
    assert citation_recall(turned, table) == citation_recall(statements, table)
    assert citation_precision(turned, table) == citation_precision(statements, table)


@given(st.integers(0, 10_000))
def test_precision_is_over_single_citations_and_none_counts_where_recall_fails(seed: int) -> None:
    statements, table = drawn(Random(seed)), Table(seed)
    for statement in statements:
        assert borne_out(statement, table) or not any(of_use(statement, table))
    useful = list(chain.from_iterable(of_use(statement, table) for statement in statements))
    assert citation_precision(statements, table) == (sum(useful) / len(useful) if useful else 0.0)
