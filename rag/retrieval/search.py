"""Hybrid search: vectors and words find candidates, and the best of these are read before they are put in order.

Each side gives its best candidates, and what speaks for each is added with fitted weights (`ranking.py`), which on
the data in evals/ does better than fusing by rank. A candidate that only the words found gets its true cosine
similarity; one that only the vectors found has no word of the question worth speaking of, and gets a lexical
score of 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.errors import StorageError
from rag.retrieval.ranking import Sought, read, spread, weights
from rag.storage.store import Store
from rag.text.chunks import widened
from rag.text.words import STOPWORDS, words
from rag.types import Article, Chunk, Filters, Hit, Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CANDIDATES = 50
READ, READ_BY_WORDS = 30, 8
"""So many candidates are read, which takes about 5 ms: the best so far, and those that have the rarest words."""
MAX_TERMS = 40
"""A question of more different words than this is searched by the rarest-looking, longest ones."""


@dataclass(frozen=True)
class Found:
    """Hits, best first, and a notice when one half of the search could not be used."""

    hits: list[Hit]
    notice: str | None = None


@dataclass(frozen=True)
class Candidates:
    """What may be found for a question: by chunk id its cosine similarity, its BM25 score, and its traits so far."""

    sought: Sought
    dense: Mapping[str, float]
    lexical: Mapping[str, float]
    traits: Mapping[str, Mapping[str, float]]
    notice: str | None = None


def search(
    store: Store,
    question: str,
    vector: NDArray[np.float32],
    *,
    k: int,
    filters: Filters = Filters(),
    per_article: int | None = None,
) -> Found:
    """The `k` chunks that fit `question` best, at most `per_article` of one article.

    `vector` is the question's unit vector. Where the stored vectors cannot be opened because the
    library is read-only, words alone decide, and the notice says so.
    """
    found = candidates(store, question, vector, max(CANDIDATES, 2 * k), filters)
    scores, rows = _scored(store, found)
    ranked = sorted(scores, key=lambda chunk_id: (-scores[chunk_id], chunk_id))
    hits: list[Hit] = []
    taken: Counter[str] = Counter()
    for start in range(0, len(ranked), 2 * k):
        batch = ranked[start : start + 2 * k]
        rows |= store.catalog.chunks([chunk_id for chunk_id in batch if chunk_id not in rows])
        for chunk_id in batch:
            if chunk_id not in rows or len(hits) == k:
                continue
            article, chunk = rows[chunk_id]
            taken[article.id] += 1
            if per_article is None or taken[article.id] <= per_article:
                context = widened(article.text, Span(chunk.start, chunk.end), store.catalog.neighbours(chunk))
                sides = found.dense.get(chunk_id, 0.0), found.lexical.get(chunk_id, 0.0)
                hits.append(Hit(article, chunk, scores[chunk_id], *sides, context))
        if len(hits) == k:
            break
    return Found(hits, found.notice)


def candidates(
    store: Store, question: str, vector: NDArray[np.float32], wanted: int, filters: Filters = Filters()
) -> Candidates:
    """The `wanted` best chunks by meaning and as many by words."""
    looked_up = terms(question)
    lexical = store.catalog.match(looked_up, wanted, filters)
    dense: dict[str, float] = {}
    nearest: dict[str, float] = {}
    notice = None
    stored = store.catalog.count()[1]
    try:
        with store.reading() as vectors:
            found = vectors.query(vector, wanted, filters)
            missing = vectors.get([chunk_id for chunk_id in lexical if chunk_id not in found])
            of_sentences = store.sentences.get([*found, *missing], store.collection)
        # Stored before the look and still stored after it: no other process's first or last article.
        if not found and not filters and stored and store.catalog.count()[1]:
            raise StorageError(f"the vectors of {store.directory} are missing: `rag doctor` makes them anew")
        dense = found | {chunk_id: float(other @ vector) for chunk_id, other in missing.items()}
        nearest = {chunk_id: float((several @ vector).max()) for chunk_id, several in of_sentences.items()}
    except StorageError:
        if not store.catalog.read_only:
            raise
        notice = "the library is read-only, so it was searched by words alone"
    sought = Sought(looked_up, store.catalog.frequencies(looked_up), stored)
    return Candidates(sought, dense, lexical, _traits(dense, lexical, nearest), notice)


def terms(question: str) -> list[str]:
    """The words of `question` to look up; function words only where there is nothing else."""
    found = list(dict.fromkeys(words(question)))
    content = [word for word in found if word not in STOPWORDS] or found
    if len(content) > MAX_TERMS:
        kept = set(sorted(content, key=lambda word: (-len(word), word))[:MAX_TERMS])
        content = [word for word in content if word in kept]
    return content


def _traits(
    dense: Mapping[str, float], lexical: Mapping[str, float], nearest: Mapping[str, float]
) -> dict[str, dict[str, float]]:
    """The traits `ranking.FOUND` of each candidate, so far as they are known of all."""
    candidates = dense.keys() | lexical.keys()
    meaning, held = spread(dense), spread(lexical, of_none=0.0)
    found = {key: {"words": held.get(key, 0.0)} for key in candidates}
    for key, traits in found.items() if dense else ():
        traits["meaning"] = meaning.get(key, 0.0)
    if candidates <= nearest.keys():
        for key, value in spread(nearest).items():
            found[key]["sentence_meaning"] = value
    return found


def _scored(store: Store, found: Candidates) -> tuple[dict[str, float], dict[str, tuple[Article, Chunk]]]:
    """Each candidate's score, from 0 to 1, and those with their articles that were read for it.

    What was not read keeps its order after what was.
    """
    weight = weights(frozenset(name for traits in found.traits.values() for name in traits))

    def score(traits: Mapping[str, float]) -> float:
        return sum(weight[name] * value for name, value in traits.items())

    rough = {key: score(traits) for key, traits in found.traits.items()}
    order = sorted(rough, key=lambda key: (-rough[key], key))
    by_words = sorted(rough, key=lambda key: (-found.traits[key]["words"], key))
    rows = store.catalog.chunks(list(dict.fromkeys([*order[:READ], *by_words[:READ_BY_WORDS]])))
    scores = {key: rough[key] + score(read(found.sought, *row)) for key, row in rows.items()}
    least = min(scores.values(), default=1.0)
    return {**{key: min(rough[key], least) for key in order if key not in rows}, **scores}, rows
