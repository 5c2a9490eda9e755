"""Fits the weights by which passages are put in order.

    python -m evals.ranking            report by cross-validation over articles
    python -m evals.ranking --write    and write rag/retrieval/fitted.json

A listwise softmax (Cao et al., "Learning to Rank", ICML 2007) over the candidates of a question, on SQuAD 2.0,
MultiHop-RAG and our questions on BBC News, each with the same say. Once with the vectors of sentences, once without,
as for libraries of an embedder that has none. What is reported comes from folds that share no article with what was
fitted.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evals.data import ROOT, Set, news, rows, squad2
from evals.remembering import Remembering
from rag.evaluation.metrics.retrieval import all_at, hits_at, recall_at, reciprocal_rank
from rag.library import Library
from rag.retrieval.ranking import FOUND, READ, read
from rag.retrieval.search import CANDIDATES, candidates

Floats = NDArray[np.float64]
FOLDS, STEPS, PENALTY = 5, 200, 0.003
TRAITS = {
    "with_sentences": (*FOUND, *READ),
    "without_sentences": tuple(name for name in (*FOUND, *READ) if name != "sentence_meaning"),
}


@dataclass(frozen=True)
class Case:
    """A question's candidates: an array of shape (candidates, all traits), and the article of each."""

    data: str
    group: str
    traits: Floats
    articles: list[str]
    gold: frozenset[str]

    @property
    def right(self) -> Floats:
        return np.array([float(name in self.gold) for name in self.articles])


def multihop() -> tuple[list[dict[str, object]], list[tuple[str, frozenset[str], str]]]:
    """MultiHop-RAG's facts as articles; each question with its gold, grouped by the news article of the first fact.

    A question that none of them answers has no gold, and is a group by itself.
    """
    facts = list(rows("multihoprag/facts.jsonl"))
    title = {row["fact_id"]: row["title"] for row in facts}
    articles = [{"id": str(row["fact_id"]), "title": row["title"], "text": row["fact"]} for row in facts]
    asked = [
        (
            row["query"],
            frozenset(map(str, row["gold_fact_ids"])),
            title[min(row["gold_fact_ids"])] if row["gold_fact_ids"] else f"null {row['id']}",
        )
        for row in rows("multihoprag/queries.jsonl")
    ]
    return articles, asked


def _simple(given: Set) -> tuple[list[dict[str, object]], list[tuple[str, frozenset[str], str]]]:
    articles, asked = given
    return articles, [(item.question, frozenset([item.article]), item.group) for item in asked if item.answerable]


def observe(data: str) -> list[Case]:
    """The candidates of every question that has an answer."""
    articles, asked = multihop() if data == "multihoprag" else _simple(squad2() if data == "squad2" else news())
    embedder = Remembering()
    cases = []
    with tempfile.TemporaryDirectory() as folder, Library.open(folder, embedder=embedder) as library:
        library.add(articles)
        store = library._store
        for question, gold, group in asked:
            if not gold:
                continue
            found = candidates(store, question, embedder.embed([question])[0], CANDIDATES)
            chunks = store.catalog.chunks(list(found.traits))
            whole = {key: {**found.traits[key], **read(found.sought, *row)} for key, row in chunks.items()}
            traits = np.array([[traits[name] for name in (*FOUND, *READ)] for traits in whole.values()])
            names = [chunks[key][0].key.removeprefix("id:") for key in whole]
            cases.append(Case(data, group, traits, names, gold))
    print(f"{data}: {len(cases)} questions", file=sys.stderr)
    return cases


def fit(cases: Sequence[Case], columns: Sequence[int]) -> Floats:
    """Weights that make a passage of a gold article the likeliest of its question's candidates."""
    cases = [case for case in cases if case.right.any()]
    share = {name: len(cases) / sum(case.data == name for case in cases) for name in {case.data for case in cases}}
    width = max(len(case.articles) for case in cases)
    x, mask = np.zeros((len(cases), width, len(columns))), np.zeros((len(cases), width))
    good = np.zeros_like(mask)
    for row, case in enumerate(cases):
        count = len(case.articles)
        x[row, :count], mask[row, :count], good[row, :count] = case.traits[:, columns], 1, case.right
    say = np.array([share[case.data] for case in cases])[:, None] / len(cases)
    weights, momentum, spread = np.ones(len(columns)), np.zeros(len(columns)), np.zeros(len(columns))
    for step in range(1, STEPS + 1):  # Adam (Kingma and Ba, 2015)
        odds = np.exp(x @ weights - (x @ weights).max(axis=1, keepdims=True)) * mask
        chance = odds / odds.sum(axis=1, keepdims=True)
        wanted = chance * good / (chance * good).sum(axis=1, keepdims=True)
        gradient = np.einsum("ij,ijk->k", (wanted - chance) * say, x) - PENALTY * weights
        momentum = 0.9 * momentum + 0.1 * gradient
        spread = 0.99 * spread + 0.01 * gradient**2
        weights = weights + 0.1 * (momentum / (1 - 0.9**step)) / (np.sqrt(spread / (1 - 0.99**step)) + 1e-8)
    return weights


def figures(case: Case, weights: Floats, columns: Sequence[int]) -> list[float]:
    """Right first, MRR@10, hits@4, recall@10 and all gold in 10, of the articles in the order of their best passage."""
    order = np.argsort(-(case.traits[:, columns] @ weights), kind="stable")
    ranked = list(dict.fromkeys(case.articles[place] for place in order))
    gold = case.gold
    return [
        hits_at(ranked, gold, 1),
        reciprocal_rank(ranked, gold, 10),
        hits_at(ranked, gold, 4),
        recall_at(ranked, gold, 10),
        all_at(ranked, gold, 10),
    ]


def main(arguments: Sequence[str]) -> None:
    """Observe, cross-validate, report, and write with `--write`."""
    cases = [case for data in ("squad2", "multihoprag", "news") for case in observe(data)]
    groups = sorted({(case.data, case.group) for case in cases})
    fold = dict(zip(groups, np.random.default_rng(0).permutation(len(groups)) % FOLDS, strict=True))
    fitted = {}
    for name, traits in TRAITS.items():
        columns = [(*FOUND, *READ).index(trait) for trait in traits]
        seen: dict[str, list[list[float]]] = {}
        for number in range(FOLDS):
            weights = fit([case for case in cases if fold[case.data, case.group] != number], columns)
            for case in cases:
                if fold[case.data, case.group] == number:
                    seen.setdefault(case.data, []).append(figures(case, weights, columns))
        print(f"{name}: right first, MRR@10, hits@4, recall@10, all in 10")
        for data, several in seen.items():
            print(f"  {data:12}", " ".join(f"{value:.3f}" for value in np.mean(several, axis=0)))
        weights = fit(cases, columns)
        fitted[name] = dict(zip(traits, weights.round(3).tolist(), strict=True))
    print(json.dumps(fitted, indent=1))
    if "--write" in arguments:
        (ROOT / "rag" / "retrieval" / "fitted.json").write_text(json.dumps(fitted, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
