"""Sources → chunks → vectors → storage. Each article is one recoverable step.

Articles are gathered into batches of chunks, so that the embedder works on texts of like length.
While one batch is read, the one before is embedded, and the one before that is stored: the embedder,
which takes the most by far, never waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from rag import sources
from rag.embedding import embed_chunks
from rag.settings import Settings
from rag.storage.catalog import Catalog
from rag.storage.store import Entry, Store
from rag.text.chunks import chunk_article
from rag.types import AddItem, AddReport, Article, Chunk, Embedder, Progress, Read, Validators

_BATCH_CHUNKS = 192
_UNDER_WAY = 2
"""Batches that are embedded or stored, beside the one that is being gathered."""


def add_articles(
    reads: Iterable[Read], store: Store, embedder: Callable[[], Embedder], progress: Progress | None = None
) -> AddReport:
    """Store what `reads` gives, and report on each in the order of reading.

    What has not changed is not embedded again. Raises `StorageError` where nothing can be stored;
    what was stored before that stays.
    """
    adding = _Adding(store, embedder)
    try:
        for read in reads:
            adding.take(read)
            if progress:
                progress("adding", len(adding.items), 0)
        adding.flush()
        adding.wait()
        adding.remember_feeds()
    finally:
        adding.close()
    return AddReport(tuple(adding.items))


def read_again(catalog: Catalog, settings: Settings) -> Iterator[Read]:
    """What the known URLs give now, each asked only for what has changed; what was removed does not come back."""
    origins, removed = catalog.origins(), catalog.removed()
    # Feeds first: a page that one of them has just led to need not be asked again.
    feeds = [url for url, kind, _ in origins if kind == "feed"]
    seen = set()
    for found in sources.read(feeds, settings, validators=catalog.validators):
        seen.add(found.origin)
        if found.origin not in removed:
            yield found
    pages = [url for url, kind, _ in origins if kind == "page" and url not in seen]
    yield from sources.read(pages, settings, validators=catalog.validators)


@dataclass(frozen=True)
class _Row:
    """An article of a batch, and where in the report it stands."""

    place: int
    read: Read
    article: Article
    chunks: list[Chunk]


class _Adding:
    """One run: the report so far, the batch that is being gathered, and those under way."""

    def __init__(self, store: Store, embedder: Callable[[], Embedder]) -> None:
        self.store = store
        self.embedder = embedder
        self.items: list[AddItem] = []
        self.embedding = ThreadPoolExecutor(max_workers=1, thread_name_prefix="rag-embed")
        self.storing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="rag-store")
        self.under_way: deque[tuple[set[str], Future[None]]] = deque()
        self.batch: dict[str, _Row] = {}
        self.size = 0
        self.feeds: list[Read] = []
        self.incomplete: set[str | None] = set()

    def take(self, read: Read) -> None:
        """Put `read` into the batch, or settle it at once where there is nothing to store."""
        article = read.article
        if article is None:
            self._settle_without_article(read)
            return
        if article.id in self.batch:
            self.flush()
        if any(article.id in ids for ids, _ in self.under_way):
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
        self.batch[article.id] = _Row(len(self.items), read, article, chunks)
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
        """Send the batch off to be embedded and stored, once there is room for it."""
        batch, self.batch, self.size = list(self.batch.values()), {}, 0
        if not batch:
            return
        embedder = self.embedder()
        self.store.require(embedder.name)
        while len(self.under_way) >= _UNDER_WAY:
            self._wait_for_first()
        embedded = self.embedding.submit(self._embed, embedder, batch)
        before = self.under_way[-1][1] if self.under_way else None
        stored = self.storing.submit(self._store, batch, embedded, embedder.name, before)
        self.under_way.append(({row.article.id for row in batch}, stored))

    def _embed(self, embedder: Embedder, batch: list[_Row]) -> list[Entry]:
        vectors, of_sentences = embed_chunks(embedder, [(row.article, chunk) for row in batch for chunk in row.chunks])
        ends = [0, *accumulate(len(row.chunks) for row in batch)]
        return [
            Entry(
                row.article,
                row.chunks,
                vectors[start:end],
                of_sentences[start:end],
                row.read.origin,
                row.read.validators,
            )
            for row, (start, end) in zip(batch, pairwise(ends), strict=True)
        ]

    def _store(
        self, batch: list[_Row], embedded: Future[list[Entry]], embedder_name: str, before: Future[None] | None
    ) -> None:
        if before:
            before.result()  # where that failed, nothing is stored after it
        changed = self.store.put(embedded.result(), embedder_name)
        for row, was_changed in zip(batch, changed, strict=True):
            if not was_changed:
                article = row.article
                self.items[row.place] = AddItem(row.read.source, "unchanged", article.id, article.title)

    def wait(self) -> None:
        """Wait for the batches under way, and raise what went wrong with one."""
        while self.under_way:
            self._wait_for_first()

    def _wait_for_first(self) -> None:
        self.under_way.popleft()[1].result()

    def close(self) -> None:
        """Let what is being done end; what has not begun is left."""
        for executor in (self.embedding, self.storing):
            executor.shutdown(cancel_futures=True)
