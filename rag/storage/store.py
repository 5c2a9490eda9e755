"""Catalog and vectors as one: the order of writes that leaves every article whole or absent.

A write under the lock goes: note the articles as pending (commit) → put their vectors → make
them current in the catalog (commit: this is the moment they exist) → delete the vectors of the
versions that they replace → clear the note (commit). Killed before the middle commit, an article
is as it was; after it, as it should be; in both cases only surplus vectors remain, which no
search returns because the catalog decides, and which the next writer or opener deletes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import BusyError, ConfigError, StorageError
from rag.storage.catalog import Catalog
from rag.storage.lock import writing
from rag.storage.records import Records
from rag.storage.sentence_vectors import SentenceVectors
from rag.storage.vectors import Vectors
from rag.types import Article, Chunk, Validators

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FIRST_COLLECTION = "articles"
_CATALOG = "catalog.sqlite3"
_LOG_SECONDS = 2.0
"""So long a removal waits for readers before it leaves the catalog's log to the next removal or opening."""


def may_be_library(directory: Path) -> bool:
    """Whether `directory` holds a library, or nothing at all, as a folder made for one does."""
    return directory.is_dir() and ((directory / _CATALOG).exists() or not any(directory.iterdir()))


@dataclass(frozen=True)
class Entry:
    """One article on its way in: its chunks, one vector a chunk, and the URL that it came from.

    `of_sentences` are the vectors of each chunk's sentences; none where the embedder gives none.
    """

    article: Article
    chunks: Sequence[Chunk]
    vectors: NDArray[np.float32]
    of_sentences: Sequence[NDArray[np.float32]] = ()
    origin: str | None = None
    validators: Validators = Validators()


class Store:
    """A library on disk. Opening it creates it, and finishes what a killed writer left behind."""

    def __init__(self, directory: Path, lock_seconds: float) -> None:
        """Raises `StorageError` where the folder cannot be used, `ConfigError` for a newer format."""
        self.directory = directory
        self._lock_seconds = lock_seconds
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise StorageError(f"{directory} cannot be used as a library: {exc.strerror}") from exc
        self.catalog = Catalog(directory / _CATALOG)
        self.records = Records(self.catalog)
        self.sentences = SentenceVectors(self.catalog)
        self.vectors = Vectors.shared(directory / "vectors")
        try:
            if not self.catalog.read_only and (self.catalog.pending() or self.catalog.log_to_empty):
                self._recover_unless_busy()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close both sides."""
        self.vectors.release()
        self.catalog.close()

    @property
    def embedder_name(self) -> str | None:
        """The embedder that made this library's vectors, `None` while there are none."""
        return self.catalog.meta("embedder")

    @property
    def collection(self) -> str:
        """The Chroma collection that holds this library's vectors."""
        return self.catalog.meta("collection") or _FIRST_COLLECTION

    def require(self, embedder_name: str) -> None:
        """Raise `ConfigError` unless the vectors here are that embedder's."""
        made_by = self.embedder_name
        if made_by is not None and made_by != embedder_name:
            raise ConfigError(
                f"the vectors in {self.directory} were made with {made_by}, and {embedder_name} is set: "
                "set RAG_EMBEDDINGS as it was, or make them anew with `rag reindex`"
            )

    @contextmanager
    def reading(self) -> Iterator[Vectors]:
        """The vectors, with all that any process has committed so far."""
        with self.vectors.at(self.catalog.generation, self.collection) as vectors:
            yield vectors

    @contextmanager
    def writing(self, *, seconds: float | None = None) -> Iterator[Vectors]:
        """Hold the lock and the vectors, after mending what a killed writer left."""
        if self.catalog.read_only:
            raise StorageError(f"the library in {self.directory} is read-only")
        with (
            writing(self.directory, self._lock_seconds if seconds is None else seconds),
            self.vectors.at(self.catalog.generation, self.collection) as vectors,
        ):
            if self.catalog.pending():
                self._recover(vectors)
            yield vectors

    def put(self, entries: Sequence[Entry], embedder_name: str) -> list[bool]:
        """Store articles of different ids; tells of each whether it was new or changed.

        One that another process has stored in the same version meanwhile is left as it is.
        """
        with self.writing() as vectors:
            self.require(embedder_name)
            fresh = [entry for entry in entries if self._current(entry.article) != entry.article.version]
            if fresh:
                self._put(vectors, fresh, embedder_name)
            with self.catalog.transaction():
                for entry in entries:
                    if entry.origin:
                        self.catalog.put_origin(entry.origin, "page", entry.article.id, entry.validators)
        return [entry in fresh for entry in entries]

    def _current(self, article: Article) -> str | None:
        return self.catalog.current_version(article.id)

    def _put(self, vectors: Vectors, entries: Sequence[Entry], embedder_name: str) -> None:
        import numpy as np

        ids = [entry.article.id for entry in entries]
        replaced = [chunk_id for article_id in ids for chunk_id in self.catalog.chunk_ids(article_id)]
        with self.catalog.transaction():
            self.catalog.mark_pending(ids)
        rows = [(entry.article, chunk) for entry in entries for chunk in entry.chunks]
        if rows:
            vectors.put(rows, np.concatenate([entry.vectors for entry in entries if len(entry.chunks)]))
        with self.catalog.transaction():
            for entry in entries:
                self.catalog.put(entry.article, entry.chunks)
                if entry.of_sentences:
                    self.sentences.put(zip(entry.chunks, entry.of_sentences, strict=True), self.collection)
            self.catalog.set_meta("embedder", embedder_name)
            self.catalog.set_meta("collection", self.collection)
            self.catalog.bump()
        self._finish(vectors, ids, replaced)

    def remove(self, article_ids: Sequence[str]) -> None:
        """Remove articles with all their versions, chunks, vectors, and what was recorded from them."""
        with self.writing() as vectors:
            chunk_ids = [chunk_id for article_id in article_ids for chunk_id in self.catalog.chunk_ids(article_id)]
            with self.catalog.transaction():
                self.catalog.mark_pending(article_ids)
                for article_id in article_ids:
                    self.catalog.remove(article_id)
                self.catalog.purge_words()
                self.catalog.bump()
            self.catalog.empty_log(_LOG_SECONDS)
            self._finish(vectors, article_ids, chunk_ids)

    def _finish(self, vectors: Vectors, article_ids: Sequence[str], surplus: Sequence[str]) -> None:
        """Delete vectors that the catalog has let go, then clear the note; the lock is held."""
        if surplus:
            vectors.delete(surplus)
        with self.catalog.transaction():
            self.catalog.clear_pending(article_ids)
            if surplus:
                self.catalog.bump()
        vectors.now_at(self.catalog.generation)

    def _recover_unless_busy(self) -> None:
        """A live writer's notes are its own; a dead one's are ours to clear."""
        try:
            with self.writing(seconds=0):
                self.catalog.empty_log(0)
        except BusyError:
            return

    def _recover(self, vectors: Vectors) -> None:
        """Delete surplus vectors of pending articles. One whose vectors are missing stays noted for doctor."""
        for article_id in self.catalog.pending():
            expected, present = set(self.catalog.chunk_ids(article_id)), vectors.ids(article_id)
            if expected <= present:
                self._finish(vectors, [article_id], sorted(present - expected))
