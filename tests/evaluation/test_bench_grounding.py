"""The checks as a classifier of claims, on made-up articles and claims: SummEdits and AttributionBench."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.bench import attributionbench, summedits
from evals.bench.grounding import Claim, borne_out, judge, outlet
from rag.models.fakes import HashEmbedder
from rag.types import Article
from tests.evaluation.build_benches import FERRY, MAYOR, MILL, silent, values, written

TRUE = "A fire destroyed the old mill in Tarn on Monday night."
MOVED = "A fire destroyed the old mill in Tarn on Friday night."
ACROSS = "Ilse Brandt, who was elected mayor of Tarn in May, promised to repair the harbour wall by autumn."
MET = "Ilse Brandt takes the ferry to Osk twice a day."


def article(text: str) -> Article:
    return Article.create(key=text, text=text, title="", source="test")


@given(st.integers(0, 20_000), st.integers(0, 20_000))
def test_outlets_have_names_of_letters_and_each_its_own(one: int, other: int) -> None:
    assert outlet(one).replace(" ", "").isalpha()
    assert (outlet(one) == outlet(other)) == (one == other)


@pytest.mark.parametrize(
    ("text", "texts", "expected"),
    [
        (TRUE, [MILL], True),
        (f"{TRUE} Nobody was hurt.", [MILL], True),
        (f"{TRUE} Nobody was hurt.", [MAYOR], False),
        (f"{TRUE} [2]", [MILL], True),
        (MOVED, [MILL], False),
        (f"{TRUE} The ferry to Osk runs three times a day.", [MILL, FERRY], False),
        (f"{TRUE} The ferry to Osk runs twice a day.", [MILL, FERRY], True),
        (TRUE, [], False),
        (" … ", [], True),
    ],
)
def test_a_claim_is_borne_out_when_no_sentence_of_it_is_unsupported(
    text: str, texts: list[str], expected: bool
) -> None:
    assert borne_out(text, list(map(article, texts))) is expected


def test_a_claim_is_checked_by_its_own_texts_and_by_no_others() -> None:
    claims = [
        Claim(TRUE, (MILL,), True, "a"),
        Claim(TRUE, (MAYOR, FERRY), False, "b"),
        Claim(MOVED, (MILL,), False, "a"),
    ]
    judged, notes = judge(claims, "x", silent, HashEmbedder())
    assert [(item.claim, item.cited, item.found) for item in judged] == [
        (claims[0], True, True),
        (claims[1], False, False),
        (claims[2], False, False),
    ]
    assert notes == ()


def test_what_is_put_together_from_two_texts_passes_only_where_both_are_cited_at_once() -> None:
    judged, _ = judge([Claim(MET, (MAYOR, FERRY), False, "a")], "x", silent, HashEmbedder())
    assert (judged[0].cited, judged[0].found) == (True, False)


def test_summaries_are_told_apart(tmp_path: Path) -> None:
    pairs = [
        {"doc": MILL, "summary": TRUE, "label": 1},
        {"doc": MILL, "summary": MOVED, "label": 0},
        {"doc": MAYOR, "summary": ACROSS, "label": 1},
        {"doc": f"{MAYOR} {FERRY}", "summary": MET, "label": 0},
    ]
    result = summedits.run(written(tmp_path, "summedits_news/pairs.jsonl", pairs), silent, HashEmbedder())
    assert values(result) == {
        "balanced accuracy, all of the text cited": (0.75, 4),
        "changed facts, precision, all of the text cited": (1.0, 4),
        "changed facts, recall, all of the text cited": (0.5, 4),
        "balanced accuracy, as `rag verify` finds it": (0.75, 4),
        "changed facts, precision, as `rag verify` finds it": (1.0, 4),
        "changed facts, recall, as `rag verify` finds it": (0.5, 4),
    }
    assert result.notes[0] == "4 summaries of 3 articles; intervals are over these 3."


def test_claims_are_held_against_their_references(tmp_path: Path) -> None:
    def claim(text: str, label: str, source: str, *references: str) -> dict[str, object]:
        return {"question": text, "claim": text, "references": references, "label": label, "source": source}

    rows = [
        claim(TRUE, "attributable", "A", FERRY, MILL),
        claim(MOVED, "not attributable", "A", FERRY, MILL),
        claim(MET, "not attributable", "B", MAYOR, FERRY),
        claim(ACROSS, "attributable", "B", MAYOR),
    ]
    result = attributionbench.run(written(tmp_path, "attributionbench/claims.jsonl", rows), silent, HashEmbedder())
    assert values(result) == {
        "macro-F1, all of the text cited": (0.733, 4),
        "macro-F1, as `rag verify` finds it": (1.0, 4),
        "macro-F1, all of the text cited: A": (1.0, 2),
        "macro-F1, all of the text cited: B": (0.333, 2),
    }
