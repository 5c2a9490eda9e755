"""Hybrid search: vectors and words, fused by normalised scores.

Each side gives its best candidates. Scores are brought to [0, 1] over the candidates of the
question (min-max) and added with weights, which on the data in evals/ does better than fusing
by rank. A candidate that only the words found gets its true cosine similarity; one that only
the vectors found has no word of the question worth speaking of, and gets a lexical score of 0.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.errors import StorageError
from rag.storage.store import Store
from rag.text.chunks import widened
from rag.text.words import STOPWORDS, words
from rag.types import Filters, Hit, Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CANDIDATES = 50
DENSE_WEIGHT = 0.5
MAX_TERMS = 40
"""A question of more different words than this is searched by the rarest-looking, longest ones."""


@dataclass(frozen=True)
class Found:
    """Hits, best first, and a notice when one half of the search could not be used."""

    hits: list[Hit]
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
    candidates = max(CANDIDATES, 2 * k)
    lexical = store.catalog.match(terms(question), candidates, filters)
    notice = None
    stored = store.catalog.count()[1]
    try:
        with store.reading() as vectors:
            dense = vectors.query(vector, candidates, filters)
            missing = vectors.get([chunk_id for chunk_id in lexical if chunk_id not in dense])
        # Stored before the look and still stored after it: no other process's first or last article.
        if not dense and not filters and stored and store.catalog.count()[1]:
            raise StorageError(f"the vectors of {store.directory} are missing: `rag doctor` makes them anew")
        dense |= {chunk_id: float(other @ vector) for chunk_id, other in missing.items()}
    except StorageError:
        if not store.catalog.read_only:
            raise
        dense, notice = {}, "the library is read-only, so it was searched by words alone"
    scores = _fused(dense, lexical)
    ranked = sorted(scores, key=lambda chunk_id: (-scores[chunk_id], chunk_id))
    hits: list[Hit] = []
    taken: Counter[str] = Counter()
    for start in range(0, len(ranked), 2 * k):
        batch = ranked[start : start + 2 * k]
        rows = store.catalog.chunks(batch)
        for chunk_id in batch:
            if chunk_id not in rows or len(hits) == k:
                continue
            article, chunk = rows[chunk_id]
            taken[article.id] += 1
            if per_article is None or taken[article.id] <= per_article:
                context = widened(article.text, Span(chunk.start, chunk.end), store.catalog.neighbours(chunk))
                found = dense.get(chunk_id, 0.0), lexical.get(chunk_id, 0.0)
                hits.append(Hit(article, chunk, scores[chunk_id], *found, context))
        if len(hits) == k:
            break
    return Found(hits, notice)


def terms(question: str) -> list[str]:
    """The words of `question` to look up; function words only where there is nothing else."""
    found = list(dict.fromkeys(words(question)))
    content = [word for word in found if word not in STOPWORDS] or found
    if len(content) > MAX_TERMS:
        kept = set(sorted(content, key=lambda word: (-len(word), word))[:MAX_TERMS])
        content = [word for word in content if word in kept]
    return content


def _fused(dense: dict[str, float], lexical: dict[str, float]) -> dict[str, float]:
    """Weighted sum of both sides, each brought to [0, 1]; higher is better."""
    low = min(dense.values(), default=0.0)
    spread = max(dense.values(), default=0.0) - low or 1.0
    top = max(lexical.values(), default=0.0) or 1.0
    weight = DENSE_WEIGHT if dense else 0.0
    return {
        chunk_id: weight * (dense.get(chunk_id, low) - low) / spread + (1 - weight) * lexical.get(chunk_id, 0.0) / top
        for chunk_id in dense.keys() | lexical.keys()
    }
