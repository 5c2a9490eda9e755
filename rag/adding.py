"""Sources → chunks → vectors → storage. Each article is one recoverable step.

Articles are gathered into batches of chunks, so that the embedder works on texts of like length,
and one batch is stored while the next is embedded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import numpy as np

from rag.embedding import embed_chunks
from rag.storage.store import Entry, Store
from rag.text.chunks import chunk_article
from rag.types import AddItem, AddReport, Article, Chunk, Embedder, Progress, Read, Validators

_BATCH_CHUNKS = 96


def add_articles(
    reads: Iterable[Read], store: Store, embedder: Callable[[], Embedder], progress: Progress | None = None
) -> AddReport:
    """Store what `reads` gives, and report on each in the order of reading.

    What has not changed is not embedded again. Raises `StorageError` where nothing can be stored;
    what was stored before that stays.
    """
    adding = _Adding(store, embedder)
    with adding.executor:
        for read in reads:
            adding.take(read)
            if progress:
                progress("adding", len(adding.items), 0)
        adding.flush()
        adding.wait()
        adding.remember_feeds()
    return AddReport(tuple(adding.items))


class _Adding:
    """One run: the report so far, the batch that is being gathered, and the one being stored."""

    def __init__(self, store: Store, embedder: Callable[[], Embedder]) -> None:
        self.store = store
        self.embedder = embedder
        self.items: list[AddItem] = []
        self.executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="rag-store")
        self.stored: Future[None] | None = None
        self.batch: dict[str, tuple[int, Read, Article, list[Chunk]]] = {}
        self.size = 0
        self.feeds: list[Read] = []
        self.incomplete: set[str | None] = set()
        self.storing: set[str] = set()

    def take(self, read: Read) -> None:
        """Put `read` into the batch, or settle it at once where there is nothing to store."""
        article = read.article
        if article is None:
            self._settle_without_article(read)
            return
        if article.id in self.batch:
            self.flush()
        if article.id in self.storing:
            self.wait()
        known = self.store.catalog.current_version(article.id)
        if known == article.version:
            self._remember_origin(read, "page", article.id)
            self.items.append(AddItem(read.source, "unchanged", article.id, article.title))
            return
        chunks = chunk_article(article)
        if not chunks:
            self.items.append(AddItem(read.source, "failed", reason="there is nothing in it but boilerplate"))
            return
        self.batch[article.id] = (len(self.items), read, article, chunks)
        self.items.append(AddItem(read.source, "updated" if known else "added", article.id, article.title, len(chunks)))
        self.size += len(chunks)
        if self.size >= _BATCH_CHUNKS:
            self.flush()

    def _settle_without_article(self, read: Read) -> None:
        if read.status == "feed":
            self.feeds.append(read)
            return
        if read.status == "failed" and self.feeds:
            self.incomplete.add(self.feeds[-1].origin)
        status = {"failed": "failed", "skipped": "skipped", "not_modified": "unchanged"}[read.status]
        self.items.append(AddItem(read.source, status, reason=read.reason))  # type: ignore[arg-type]

    def remember_feeds(self) -> None:
        """Note the feeds, once all that they led to is stored.

        One that was noted too early, or as read though an entry failed, would not be asked for it again.
        """
        for read in self.feeds:
            whole = read.origin not in self.incomplete
            self._remember_origin(read if whole else replace(read, validators=Validators()), "feed", None)

    def _remember_origin(self, read: Read, kind: str, article_id: str | None) -> None:
        if read.origin:
            with self.store.catalog.transaction():
                self.store.catalog.put_origin(read.origin, kind, article_id, read.validators)

    def flush(self) -> None:
        """Embed the batch, while the one before is still being stored; then hand it on."""
        batch, self.batch, self.size = list(self.batch.values()), {}, 0
        if not batch:
            return
        embedder = self.embedder()
        self.store.require(embedder.name)
        vectors, of_sentences = embed_chunks(embedder, [(row[2], chunk) for row in batch for chunk in row[3]])
        ends = [0, *np.cumsum([len(chunks) for *_, chunks in batch]).tolist()]
        entries = [
            Entry(article, chunks, vectors[start:end], of_sentences[start:end], read.origin, read.validators)
            for (_, read, article, chunks), (start, end) in zip(batch, pairwise(ends), strict=True)
        ]
        self.wait()
        self.storing = {entry.article.id for entry in entries}
        self.stored = self.executor.submit(self._store, [place for place, *_ in batch], entries, embedder.name)

    def _store(self, places: list[int], entries: list[Entry], embedder_name: str) -> None:
        changed = self.store.put(entries, embedder_name)
        for place, entry, was_changed in zip(places, entries, changed, strict=True):
            if not was_changed:
                item = self.items[place]
                self.items[place] = AddItem(item.source, "unchanged", entry.article.id, entry.article.title)

    def wait(self) -> None:
        """Wait for the batch that is being stored, and raise what went wrong with it."""
        if self.stored:
            stored, self.stored = self.stored, None
            stored.result()
            self.storing = set()
