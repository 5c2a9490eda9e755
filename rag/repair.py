"""Finds damage in a library and mends it; makes all vectors anew for another embedder."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from rag.embedding import embed_chunks
from rag.errors import StorageError
from rag.storage.store import Store
from rag.types import Article, Chunk, Embedder, PartEmbedder, Progress

if TYPE_CHECKING:
    from rag.storage.vectors import Vectors

_BATCH = 96


@dataclass(frozen=True)
class DoctorReport:
    """What was looked at, what was wrong, and what is still wrong after mending.

    `missing` and `surplus` count vectors that the catalog wants and does not have, and has and
    does not want; `damage` are faults that only a copy or adding anew can mend.
    """

    articles: int
    chunks: int
    missing: int
    surplus: int
    inexact: tuple[str, ...]
    damage: tuple[str, ...]
    mended: bool

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong, or nothing is any more."""
        return not self.damage and not self.inexact and (self.mended or not (self.missing or self.surplus))


def diagnose(store: Store, embedder: Embedder | None, progress: Progress | None = None) -> DoctorReport:
    """Check that each chunk's vector really is there and each span exact.

    With an `embedder`, embeds what is missing and deletes what is surplus; without one, only looks.
    """
    damage = store.catalog.damage()
    articles, chunks = store.catalog.count()
    if damage:
        return DoctorReport(articles, chunks, 0, 0, (), tuple(damage), mended=False)
    if embedder is not None:
        if store.embedder_name is not None:
            store.require(embedder.name)
        _replace_unreadable(store)
    inexact = tuple(_inexact(store))
    with store.reading() if embedder is None else store.writing() as vectors:
        expected = store.catalog.chunk_ids()
        wanting = set(_missing(vectors, expected, progress)) | _without_sentences(store, embedder, len(expected))
        missing = [chunk_id for chunk_id in expected if chunk_id in wanting]
        surplus = sorted(vectors.ids() - set(expected))
        unreferenced = [name for name in vectors.collections() if name != store.collection]
        if embedder is not None:
            if missing:
                # An id whose vector was lost is still known to Chroma, which ignores adding it again.
                vectors.delete(missing)
                _embed(store, vectors, store.collection, missing, embedder, progress, "mending")
            vectors.delete(surplus)
            for name in unreferenced:
                vectors.drop(name)
            with store.catalog.transaction():
                store.sentences.keep_only(store.collection)
                store.catalog.clear_pending(store.catalog.pending())
                store.catalog.bump()
            vectors.now_at(store.catalog.generation)
    return DoctorReport(articles, chunks, len(missing), len(surplus), inexact, (), mended=embedder is not None)


def reindex(store: Store, embedder: Embedder, progress: Progress | None = None) -> int:
    """Make every vector anew with `embedder`, and return how many.

    The new vectors go into a collection of their own, which takes the old one's place in one
    commit: killed before that, the library is as it was.
    """
    with store.writing():
        old = store.collection
        number = int(old.rpartition("-")[2]) if "-" in old else 1
        new = f"articles-{number + 1}"
        expected = store.catalog.chunk_ids()
        generation = store.catalog.generation
        with store.vectors.at(generation, new) as vectors:
            vectors.delete(sorted(vectors.ids()))
            _embed(store, vectors, new, expected, embedder, progress, "reindexing")
            with store.catalog.transaction():
                store.catalog.set_meta("embedder", embedder.name)
                store.catalog.set_meta("collection", new)
                store.sentences.keep_only(new)
                store.catalog.bump()
            vectors.now_at(store.catalog.generation)
            with suppress(StorageError):
                vectors.drop(old)
    return len(expected)


def _replace_unreadable(store: Store) -> None:
    """Put an empty store in the place of one that Chroma cannot open: the catalog can refill it."""
    try:
        with store.reading() as vectors:
            vectors.ids()
    except StorageError:
        store.vectors.forget()
        shutil.rmtree(store.vectors.directory, ignore_errors=True)


def _inexact(store: Store) -> list[str]:
    """Chunks whose sentences do not stand where they should in their article."""
    found = []
    for start in range(0, len(ids := store.catalog.chunk_ids()), _BATCH):
        for chunk_id, (article, chunk) in store.catalog.chunks(ids[start : start + _BATCH]).items():
            spans = chunk.sentences
            ordered = all(one.end <= other.start for one, other in pairwise(spans))
            if not (
                spans
                and ordered
                and (spans[0].start, spans[-1].end) == (chunk.start, chunk.end)
                and chunk.end <= len(article.text)
            ):
                found.append(chunk_id)
    return found


def _missing(vectors: Vectors, expected: Sequence[str], progress: Progress | None) -> list[str]:
    missing = []
    for start in range(0, len(expected), _BATCH):
        batch = expected[start : start + _BATCH]
        present = vectors.get(batch)
        missing += [chunk_id for chunk_id in batch if chunk_id not in present]
        if progress:
            progress("checking", start + len(batch), len(expected))
    return missing


def _without_sentences(store: Store, embedder: Embedder | None, chunks: int) -> set[str]:
    """Chunks that lack the vectors of their sentences, though the embedder gives them or others here have them."""
    found = set(store.sentences.missing(store.collection))
    return found if isinstance(embedder, PartEmbedder) or len(found) < chunks else set()


def _embed(
    store: Store,
    vectors: Vectors,
    collection: str,
    ids: Sequence[str],
    embedder: Embedder,
    progress: Progress | None,
    label: str,
) -> None:
    for start in range(0, len(ids), _BATCH):
        rows: list[tuple[Article, Chunk]] = list(store.catalog.chunks(ids[start : start + _BATCH]).values())
        made, of_sentences = embed_chunks(embedder, rows)
        vectors.put(rows, made)
        if of_sentences:
            with store.catalog.transaction():
                store.sentences.put(zip((chunk for _, chunk in rows), of_sentences, strict=True), collection)
        if progress:
            progress(label, min(start + _BATCH, len(ids)), len(ids))
