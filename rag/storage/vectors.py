"""The vector store: one Chroma collection, embedded in the process.

What Chroma 1.5 does with two processes on one directory decides the shape of this module: a
client that was open while another process wrote does not find the new vectors, and loses some
for good if it writes then. So one client serves a directory in this process, it remembers the
catalog's generation at which it was opened, and `at` opens it anew whenever that has moved.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rag.errors import RagError, StorageError
from rag.storage.rows import day_number, publisher_key
from rag.types import Article, Chunk, Filters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BATCH = 1000
_HNSW = {"space": "cosine", "ef_construction": 128, "ef_search": 128, "max_neighbors": 24}


class Vectors:
    """The collection of one library. Get it from `shared`; every call is safe between threads."""

    _shared: ClassVar[dict[Path, Vectors]] = {}
    _registry: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._lock = threading.RLock()
        self._client: Any = None
        self._users = 0
        self._opened: tuple[int, str] | None = None
        self._collection: Any = None

    @classmethod
    def shared(cls, directory: Path) -> Vectors:
        """The store of `directory`: the same one for every library object of this process."""
        resolved = directory.resolve()
        with cls._registry:
            vectors = cls._shared.setdefault(resolved, cls(resolved))
            vectors._users += 1
            return vectors

    def release(self) -> None:
        """Give back what `shared` gave; the last one closes Chroma's files."""
        with self._registry:
            self._users -= 1
            if self._users > 0:
                return
            self._shared.pop(self.directory, None)
        self.forget()

    @contextmanager
    def at(self, generation: int, name: str) -> Iterator[Vectors]:
        """Work on collection `name` as of `generation`, with a client that has seen all of it."""
        with self._lock, self._translated():
            if self._opened != (generation, name):
                self._open(name)
                self._opened = (generation, name)
            yield self

    def now_at(self, generation: int) -> None:
        """Note that this client itself wrote what `generation` stands for; under the writing lock."""
        if self._opened:
            self._opened = (generation, self._opened[1])

    def forget(self) -> None:
        """Close the client; the next use opens it anew."""
        with self._lock:
            client, self._client, self._collection, self._opened = self._client, None, None, None
            if client is not None:
                client.close()

    def _open(self, name: str) -> None:
        self.forget()
        self._client = _connect(self.directory)
        self._collection = self._client.get_or_create_collection(
            name, embedding_function=None, configuration={"hnsw": _HNSW}
        )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except RagError:
            raise
        except Exception as exc:
            # Chroma lets through whatever its parts raise, and hides the cause when it fails to open.
            self.forget()
            message = str(exc.__context__ if isinstance(exc, AttributeError) else exc)
            if "readonly" in message:
                raise StorageError(f"{self.directory} is read-only") from exc
            if "full" in message or getattr(exc, "errno", 0) == 28:
                raise StorageError(f"{self.directory}: the disk is full; free some space and try again") from exc
            raise StorageError(f"{self.directory}: the vectors cannot be used ({message}); run `rag doctor`") from exc

    # Within `at` ---------------------------------------------------------------------------

    def put(self, rows: Sequence[tuple[Article, Chunk]], vectors: NDArray[np.float32]) -> None:
        """Store one vector a chunk, with the chunk's text and metadata that any client can read."""
        for start in range(0, len(rows), _BATCH):
            batch = rows[start : start + _BATCH]
            self._collection.upsert(
                ids=[chunk.id for _, chunk in batch],
                embeddings=vectors[start : start + _BATCH],
                documents=[chunk.text for _, chunk in batch],
                metadatas=[_metadata(article, chunk) for article, chunk in batch],
            )

    def delete(self, ids: Sequence[str]) -> None:
        """Delete chunks; ids that are not there do not matter."""
        for start in range(0, len(ids), _BATCH):
            self._collection.delete(ids=list(ids[start : start + _BATCH]))

    def ids(self, article_id: str | None = None) -> set[str]:
        """The ids that the store holds, of one article or of all."""
        where = {"article_id": article_id} if article_id else None
        return set(self._collection.get(where=where, include=[])["ids"])

    def query(self, vector: NDArray[np.float32], limit: int, filters: Filters) -> dict[str, float]:
        """The chunks nearest to `vector`, nearest first: chunk id → cosine similarity, higher is better."""
        found = self._collection.query(
            query_embeddings=[vector], n_results=limit, where=_where(filters), include=["distances"]
        )
        return {
            chunk_id: 1.0 - distance for chunk_id, distance in zip(found["ids"][0], found["distances"][0], strict=True)
        }

    def get(self, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors of these chunks; one that is not stored, or was lost, is left out."""
        import chromadb.errors

        if not ids:
            return {}
        try:
            found = self._collection.get(ids=list(ids), include=["embeddings"])
        except chromadb.errors.ChromaError:
            # Chroma raises for the whole call when one vector is lost: narrow it down.
            if len(ids) == 1:
                return {}
            middle = len(ids) // 2
            return {**self.get(ids[:middle]), **self.get(ids[middle:])}
        return dict(zip(found["ids"], found["embeddings"], strict=True))

    def collections(self) -> list[str]:
        """The names of all collections in the directory."""
        return [collection.name for collection in self._client.list_collections()]

    def drop(self, name: str) -> None:
        """Delete a whole collection that nothing refers to any more."""
        self._client.delete_collection(name)


def _connect(directory: Path) -> Any:
    """A client of our own: the trailing slash keeps it apart from any that the caller may have open.

    Chroma keeps one system a path and process; sharing it would keep ours from being closed.
    """
    import chromadb
    from chromadb.api.shared_system_client import SharedSystemClient
    from chromadb.config import Settings

    logging.getLogger("chromadb").setLevel(logging.ERROR)
    with contextlib.suppress(FileExistsError):
        directory.mkdir()
    path = f"{directory}/"
    try:
        return chromadb.PersistentClient(path, settings=Settings(anonymized_telemetry=False))
    except BaseException:
        # Chroma keeps what failed to open, and would give it back for the same path.
        SharedSystemClient._identifier_to_system.pop(path, None)
        SharedSystemClient._identifier_to_refcount.pop(path, None)
        raise


def _metadata(article: Article, chunk: Chunk) -> dict[str, str | int]:
    """What another client of the collection needs to cite a chunk; Chroma takes no None and no dates."""
    values: Mapping[str, str | int | None] = {
        "article_id": article.id,
        "version": article.version,
        "start": chunk.start,
        "end": chunk.end,
        "title": article.title,
        "publisher": article.publisher,
        "publisher_key": publisher_key(article.publisher),
        "author": article.author,
        "published": day_number(article.published),
        "url": article.url,
        "source": article.source,
        "language": article.language,
    }
    return {name: value for name, value in values.items() if value is not None}


def _where(filters: Filters) -> dict[str, Any] | None:
    conditions: list[dict[str, Any]] = []
    if filters.publisher is not None:
        conditions.append({"publisher_key": publisher_key(filters.publisher)})
    if filters.after is not None:
        conditions.append({"published": {"$gte": day_number(filters.after)}})
    if filters.before is not None:
        conditions.append({"published": {"$lte": day_number(filters.before)}})
    return {"$and": conditions} if len(conditions) > 1 else (conditions[0] if conditions else None)
