"""How well a ranking finds what is gold: cut off at `k`, best first, each as trec_eval defines it.

In all of them `ranked` and `gold` hold keys of passages, a key that comes again in `ranked` counts once, at its
first place, `k` is at least 1, and the value is between 0 and 1, higher is better. Where nothing is gold it is 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from math import log2


def hits_at(ranked: Sequence[str], gold: AbstractSet[str], k: int) -> float:
    """1 where any gold key is among the first `k`, else 0: ``success`` in trec_eval, Hits@k in Tang and Yang 2024
    (MultiHop-RAG)."""
    return float(not gold.isdisjoint(_first(ranked, k)))


def all_at(ranked: Sequence[str], gold: AbstractSet[str], k: int) -> float:
    """1 where every gold key is among the first `k`, else 0: for questions that need several passages at once."""
    return float(bool(gold) and gold <= set(_first(ranked, k)))


def recall_at(ranked: Sequence[str], gold: AbstractSet[str], k: int) -> float:
    """The share of the gold keys that are among the first `k` (Manning, Raghavan and Schütze 2008, chapter 8)."""
    return len(gold & set(_first(ranked, k))) / len(gold) if gold else 0.0


def reciprocal_rank(ranked: Sequence[str], gold: AbstractSet[str], k: int) -> float:
    """One divided by the place of the first gold key among the first `k`, 0 where there is none (Voorhees 1999, the
    question answering track of TREC-8). Its mean over questions is MRR@k."""
    return next((1 / place for place, key in enumerate(_first(ranked, k), 1) if key in gold), 0.0)


def ndcg_at(ranked: Sequence[str], gold: AbstractSet[str], k: int) -> float:
    """Discounted gain of the first `k`, divided by the best that could be (Järvelin and Kekäläinen 2002).

    A gold key gains 1, divided by the binary logarithm of its place plus one.
    """
    gain = sum(_discount(place) for place, key in enumerate(_first(ranked, k), 1) if key in gold)
    best = sum(_discount(place) for place in range(1, min(len(gold), k) + 1))
    return gain / best if best else 0.0


def _first(ranked: Sequence[str], k: int) -> list[str]:
    return list(dict.fromkeys(ranked))[:k]


def _discount(place: int) -> float:
    return 1 / log2(place + 1)
