"""The vectors of sentences: beside their chunks, and gone with them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from rag import Library, Settings
from rag.models.fakes import HashEmbedder
from rag.storage.store import Store
from rag.text.chunks import embedded_parts
from tests.conftest import WholeEmbedder, row

TEXT = "The council met on Monday. It approved a budget of 4 million. The mayor spoke of the harbour."
OTHER = "The pool on Mill Street opened. Two hundred children swam."


def count(library: Library) -> int:
    with sqlite3.connect(library.directory / "catalog.sqlite3") as db:
        found: int = db.execute("SELECT count(*) FROM sentence_vector").fetchone()[0]
    return found


def stored(store: Store) -> dict[str, np.ndarray]:
    return store.sentences.get(store.catalog.chunk_ids(), store.collection)


def test_they_keep_their_direction(library: Library) -> None:
    library.add([row(1, TEXT)])
    store = library._store
    ((chunk_id, found),) = stored(store).items()
    ((article, chunk),) = store.catalog.chunks([chunk_id]).values()
    text, spans = embedded_parts(article, chunk)
    assert [text[start:end] for start, end in spans] == [TEXT[start:end] for start, end in chunk.sentences]
    (wanted,) = HashEmbedder().embed_with_parts([text], [spans])[1]
    assert found.shape == wanted.shape == (3, 64)
    assert (np.sum(found * wanted, axis=1) > 0.9999).all()


def test_they_go_with_their_article_and_its_version(library: Library) -> None:
    library.add([row(1, TEXT), row(2, OTHER)])
    assert count(library) == 2
    library.add([row(1, TEXT.replace("Monday", "Tuesday"))])
    assert count(library) == 2
    library.remove("id:article-1")
    assert count(library) == 1
    assert list(stored(library._store)) == library._store.catalog.chunk_ids()


def test_a_library_without_them_is_searched_and_doctor_makes_them(tmp_path: Path) -> None:
    with Library.open(tmp_path, settings=Settings(), embedder=WholeEmbedder()) as library:
        library.add([row(1, TEXT), row(2, OTHER)])
        assert library.search("harbour")[0].article.title == "Story 1"
        assert library.doctor().missing == 0  # this embedder gives none
    with Library.open(tmp_path, settings=Settings(), embedder=HashEmbedder()) as library:
        assert library.doctor(mend=False).healthy
        assert library.doctor().missing == 2
        assert len(stored(library._store)) == 2
        assert library.doctor().missing == 0


def test_where_some_have_them_the_others_are_missed(library: Library) -> None:
    library.add([row(1, TEXT), row(2, OTHER)])
    with sqlite3.connect(library.directory / "catalog.sqlite3") as db:
        db.execute("DELETE FROM sentence_vector WHERE chunk = 1")
    assert library.doctor(mend=False).missing == 1
    assert library.search("harbour")[0].article.title == "Story 1"
    assert (library.doctor().missing, count(library)) == (1, 2)


def test_reindex_replaces_them(library: Library) -> None:
    library.add([row(1, TEXT)])
    library.close()
    with Library.open(library.directory, settings=Settings(), embedder=HashEmbedder(32)) as opened:
        assert opened.reindex() == 1
        assert [found.shape for found in stored(opened._store).values()] == [(3, 32)]
        assert count(opened) == 1


def test_a_reindex_that_is_cut_off_leaves_the_old_ones(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.add([row(1, TEXT)])
    store = library._store
    before = stored(store)
    with monkeypatch.context() as patch:
        patch.setattr(store.sentences, "keep_only", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            library.reindex()
    assert count(library) == 2  # the new ones are there, and nothing reads them
    after = stored(store)
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[key], after[key]) for key in before)
    assert library.doctor().healthy
    assert count(library) == 1


def test_those_of_another_collection_are_not_read(library: Library) -> None:
    """As a reindex leaves them that was cut off: made by another embedder, of another length."""
    library.add([row(1, TEXT)])
    store = library._store
    (chunk_id,) = store.catalog.chunk_ids()
    ((_, chunk),) = store.catalog.chunks([chunk_id]).values()
    before = stored(store)[chunk_id]
    with store.catalog.transaction():
        store.sentences.put([(chunk, np.eye(3, 32, dtype=np.float32))], "articles-2")
    assert np.array_equal(stored(store)[chunk_id], before)
    assert store.sentences.get([chunk_id], "articles-2")[chunk_id].shape == (3, 32)
    assert store.sentences.missing("articles-3") == [chunk_id]
