"""The benchmark on MultiHop-RAG, on made-up facts."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.bench import multihoprag
from evals.bench.multihoprag import average_precision
from rag.evaluation.metrics.retrieval import recall_at
from rag.models.fakes import HashEmbedder
from tests.evaluation.build_benches import silent, values, written

FACTS = [
    ("Harbour news", "The harbour of Tarn was closed on Friday after a storm damaged the wall."),
    ("Harbour news", "Repairs to the harbour wall of Tarn will cost 4 million crowns."),
    ("Ferry news", "The ferry to Osk did not sail on Friday."),
    ("Market news", "The price of wool fell to its lowest level in ten years."),
    ("Opera news", "The opera house in Lindal opens its season with a comedy."),
]


def query(number: int, kind: str, text: str, *gold: int) -> dict[str, object]:
    return {"id": number, "query": text, "answer": "", "question_type": f"{kind}_query", "gold_fact_ids": gold}


def folder(where: Path, *queries: dict[str, object]) -> Path:
    facts = [{"fact_id": n, "title": title, "fact": fact} for n, (title, fact) in enumerate(FACTS)]
    return written(written(where, "multihoprag/facts.jsonl", facts), "multihoprag/queries.jsonl", queries)


def test_facts_of_one_news_article_are_found_one_by_one(tmp_path: Path) -> None:
    where = folder(
        tmp_path,
        query(1, "comparison", "How much will repairs to the harbour wall of Tarn cost after the storm?", 0, 1),
        query(2, "temporal", "When did the ferry to Osk not sail?", 2),
        query(3, "null", "Which violinist won the competition in Marburg?"),
    )
    result = multihoprag.run(where, silent, HashEmbedder())
    assert values(result) == {
        "Hits@4": (1.0, 2),
        "Hits@10": (1.0, 2),
        "R@10": (1.0, 2),
        "all gold in 10": (1.0, 2),
        "MRR@10": (1.0, 2),
        "MAP@10": (1.0, 2),
        "comparison: Hits@4": (1.0, 1),
        "comparison: R@10": (1.0, 1),
        "comparison: all gold in 10": (1.0, 1),
        "temporal: Hits@4": (1.0, 1),
        "temporal: R@10": (1.0, 1),
        "temporal: all gold in 10": (1.0, 1),
        "answerable, refused (less is better)": (0.0, 2),
        "unanswerable, refused": (1.0, 1),
        "abstention, balanced accuracy": (1.0, 3),
    }


def test_a_fact_that_comes_late_counts_for_less(tmp_path: Path) -> None:
    # The gold is wrong on purpose: the opera's fact has nothing of the question.
    found = values(
        multihoprag.run(folder(tmp_path, query(1, "inference", "When did the ferry to Osk not sail?", 4)), silent)
    )
    assert found["MRR@10"] == found["MAP@10"]
    assert 0 < found["MRR@10"][0] < 1


@pytest.mark.parametrize(
    ("ranked", "gold", "value"),
    [
        ("abcd", "a", 1.0),
        ("abcd", "d", 0.25),
        ("abcd", "ac", (1 + 2 / 3) / 2),
        ("abcd", "ax", 0.5),
        ("abcd", "x", 0.0),
        ("", "a", 0.0),
    ],
)
def test_average_precision_by_hand(ranked: str, gold: str, value: float) -> None:
    assert average_precision(ranked, frozenset(gold), 4) == pytest.approx(value)


def test_average_precision_agrees_with_trec_eval() -> None:
    for seed in range(300):
        random = Random(seed)
        keys = [f"fact-{number}" for number in range(30)]
        ranked, k = random.sample(keys, random.randint(1, 20)), random.randint(4, 14)
        # trec_eval divides by all that is gold, also where more of it is than could be found: of so many it is silent.
        gold = random.sample(keys, random.randint(1, 4))
        evaluator = pytrec_eval.RelevanceEvaluator({"q": dict.fromkeys(gold, 1)}, {f"map_cut.{k}"})
        theirs = evaluator.evaluate({"q": {key: float(-place) for place, key in enumerate(ranked)}})["q"]
        assert average_precision(ranked, frozenset(gold), k) == pytest.approx(theirs[f"map_cut_{k}"], abs=1e-12)


@settings(deadline=None)
@given(st.permutations("abcdefgh"), st.sets(st.sampled_from("abcdefghxyz"), min_size=1, max_size=4))
def test_average_precision_is_at_most_recall_and_whole_where_gold_comes_first(
    ranked: list[str], gold: set[str]
) -> None:
    wanted = frozenset(gold)
    assert 0 <= average_precision(ranked, wanted, 8) <= recall_at(ranked, wanted, 8)
    assert average_precision(sorted(gold) + ranked, wanted, 8) == 1
