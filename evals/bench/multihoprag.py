"""MultiHop-RAG (Tang, Yang, 2024): are all facts found that a question needs, and is one refused that has none?

Wants `multihoprag/facts.jsonl`, a line for each fact of a news article with `fact_id`, `title` (the article's) and
`fact`, and `multihoprag/queries.jsonl`, a line for each question with `id`, `query`, `question_type` and
`gold_fact_ids`, which are none for a `null_query`; or MultiHop-RAG's own `multihoprag/MultiHopRAG.json`, whose facts
are those of the queries' `evidence_list`s, each taken once.

Each fact is an article of its own under its title, so that what is found are facts, and several of one news article
do not stand in each other's way.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.bench.adapting import SAME_EMBEDDER, K, decision, mean, shelved, stepped
from evals.bench.results import BenchResult, Row
from evals.data import rows
from rag.evaluation.metrics.retrieval import all_at, hits_at, recall_at, reciprocal_rank
from rag.types import Embedder, Progress

ALL = f"{SAME_EMBEDDER}, all 2,255 questions"
OTHERS = f"{ALL}: txtai {{}}, LlamaIndex {{}}, Haystack {{}}, LangChain ensemble {{}}, Chroma {{}}"
PAPER = "among chunks of whole articles, the best embedder with a reranker (Tang, Yang 2024): {}"


@dataclass(frozen=True, slots=True)
class Seen:
    """What one question came to. `cluster` is the news article of its first fact: many questions are of one."""

    kind: str
    gold: frozenset[str]
    found: list[str]
    answered: bool
    cluster: str


def run(folder: Path, progress: Progress, embedder: Embedder | None = None) -> BenchResult:
    """Search the facts for every question that has some, and ask every question."""
    started = time.perf_counter()
    facts = list(rows("multihoprag/facts.jsonl", folder))
    queries = list(rows("multihoprag/queries.jsonl", folder))
    titles = {row["fact_id"]: row["title"] for row in facts}
    articles = [{"id": str(row["fact_id"]), "title": row["title"], "text": row["fact"]} for row in facts]
    seen: list[Seen] = []
    with shelved(articles, progress, embedder) as shelf:
        for row in stepped(queries, "multihoprag", progress):
            gold = row["gold_fact_ids"]
            seen.append(
                Seen(
                    kind=row["question_type"].removesuffix("_query"),
                    gold=frozenset(map(str, gold)),
                    found=shelf.found(row["query"]) if gold else [],
                    answered=shelf.library.ask(row["query"]).status == "answered",
                    cluster=titles[min(gold)] if gold else f"null {row['id']}",
                )
            )
        notes = shelf.notes
    answerable = [item for item in seen if item.gold]
    refused = decision(
        [bool(item.gold) for item in seen], [item.answered for item in seen], [item.cluster for item in seen]
    )
    return BenchResult(
        name="multihoprag",
        title="MultiHop-RAG, facts",
        rows=(*_retrieval(answerable), *_by_kind(answerable), *refused),
        seconds=time.perf_counter() - started,
        notes=(
            f"{len(facts)} facts, each an article of its own under the title of its news article; neither outlet nor "
            "date is given, though many questions name one.",
            "Many questions are paraphrases over the same facts: intervals are over the news article of the first "
            "fact. Average precision is the usual one (Manning, Raghavan, Schütze 2008, 8.4).",
            "Over half of the questions without an answer speak of a letter, and no other does; nothing here looks "
            "at that.",
            *notes,
        ),
    )


def average_precision(ranked: Sequence[str], gold: frozenset[str], k: int) -> float:
    """The mean, over the gold that could stand in the first `k`, of the precision where each of it is found.

    Manning, Raghavan, Schütze, "Introduction to Information Retrieval", 2008, 8.4, cut off at `k`. What is named
    twice counts where it stands first.
    """
    first = list(dict.fromkeys(ranked))[:k]
    places = [place for place, name in enumerate(first, start=1) if name in gold]
    return sum(number / place for number, place in enumerate(places, start=1)) / min(len(gold), k)


def _retrieval(seen: Sequence[Seen]) -> tuple[Row, ...]:
    where = [item.cluster for item in seen]
    four, ten = ([hits_at(item.found, item.gold, k) for item in seen] for k in (4, K))
    recall = [recall_at(item.found, item.gold, K) for item in seen]
    reciprocal = [reciprocal_rank(item.found, item.gold, K) for item in seen]
    precision = [average_precision(item.found, item.gold, K) for item in seen]
    whole = [all_at(item.found, item.gold, K) for item in seen]
    others_four = OTHERS.format(".934", ".928", ".919", ".882", ".869")
    return (
        mean("Hits@4", four, where, f"{others_four}; {PAPER.format('.663')}"),
        mean("Hits@10", ten, where, f"{ALL}: min-max fusion .980; {PAPER.format('.747')}"),
        mean("R@10", recall, where, OTHERS.format(".804", ".807", ".811", ".737", ".702")),
        mean("all gold in 10", whole, where, OTHERS.format(".560", ".572", ".569", ".470", ".405")),
        mean("MRR@10", reciprocal, where, PAPER.format(".586")),
        mean("MAP@10", precision, where),
    )


def _by_kind(seen: Sequence[Seen]) -> list[Row]:
    found: list[Row] = []
    for kind in sorted({item.kind for item in seen}):
        part = [item for item in seen if item.kind == kind]
        where = [item.cluster for item in part]
        found += [
            mean(f"{kind}: Hits@4", [hits_at(item.found, item.gold, 4) for item in part], where),
            mean(f"{kind}: R@10", [recall_at(item.found, item.gold, K) for item in part], where),
            mean(f"{kind}: all gold in 10", [all_at(item.found, item.gold, K) for item in part], where),
        ]
    return found
