"""Promise 5: one writer at a time, readers see commits, a kill leaves each article whole or absent."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import chromadb
import pytest
from chromadb.config import Settings as ChromaSettings

from evals import crash
from rag import BusyError, ConfigError, Library, NotFoundError, Settings, StorageError
from rag.models.fakes import HashEmbedder
from rag.storage import schema
from rag.storage.catalog import Catalog
from rag.storage.lock import writing
from rag.storage.store import Store
from rag.storage.vectors import Vectors
from tests.conftest import WholeEmbedder, row

OLD = "The council met on Monday. It approved a budget of 4 million."
NEW = "The council met on Tuesday. It approved a budget of 5 million."


class Killed(BaseException):
    """Stands for SIGKILL at one exact point: no handler of the code's own runs."""


def kill(*_: object, **__: object) -> NoReturn:
    raise Killed


def reopen(library: Library) -> Library:
    library.close()
    return Library.open(library.directory, settings=Settings(), embedder=HashEmbedder())


@pytest.mark.parametrize("method", ["put", "delete"])
def test_killed_around_the_vectors(library: Library, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    library.add([row(1, OLD)])
    with monkeypatch.context() as patch:
        patch.setattr(Vectors, method, kill)
        with pytest.raises(Killed):
            library.add([row(1, NEW)])
    with reopen(library) as opened:
        (info,) = opened.articles()
        # Before the commit the old version stands, after it the new one; never a mixture.
        assert opened.article(info.id).text == (OLD if method == "put" else NEW)
        report = opened.doctor(mend=False)
        assert (report.missing, report.surplus, report.healthy) == (0, 0, True)
        assert opened.search("budget")[0].article.text == opened.article(info.id).text


@pytest.mark.parametrize("method", ["put", "clear_pending", "bump"])
def test_killed_around_the_catalog(library: Library, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    library.add([row(1, OLD)])
    with monkeypatch.context() as patch:
        patch.setattr(Catalog, method, kill)
        with pytest.raises(Killed):
            library.add([row(1, NEW), row(2, OLD)])
    with reopen(library) as opened:
        texts = sorted(opened.article(info.id).text for info in opened.articles())
        assert texts == ([OLD, NEW] if method == "clear_pending" else [OLD])
        report = opened.doctor(mend=False)
        assert (report.missing, report.surplus, report.healthy) == (0, 0, True)


def test_killed_while_removing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.add([row(1, OLD), row(2, NEW)])
    with monkeypatch.context() as patch:
        patch.setattr(Vectors, "delete", kill)
        with pytest.raises(Killed):
            library.remove("id:article-1")
    with reopen(library) as opened:
        assert [info.title for info in opened.articles()] == ["Story 2"]
        report = opened.doctor(mend=False)
        assert (report.missing, report.surplus) == (0, 0)


def test_random_kills() -> None:
    assert "nothing lost" in crash.kills(10, seed=1)


def test_race_of_processes() -> None:
    assert "nothing lost" in crash.race(3, 6)


def test_reader_sees_another_process(library: Library) -> None:
    library.add([row(1, OLD)])
    assert len(library.search("budget")) == 1
    code = (
        "import sys; from rag import Library; from rag.models.fakes import HashEmbedder\n"
        "with Library.open(sys.argv[1], embedder=HashEmbedder()) as library:\n"
        "    library.add([{'id': 'other', 'title': 'Other', 'text': 'A second budget was passed in the other town.'}])"
    )
    subprocess.run([sys.executable, "-c", code, str(library.directory)], check=True)
    assert {hit.article.title for hit in library.search("budget")} == {"Story 1", "Other"}
    assert max(hit.dense for hit in library.search("second budget passed other town")) > 0.6
    library.add([row(3, NEW)])
    report = library.doctor(mend=False)
    assert (report.articles, report.missing, report.surplus) == (3, 0, 0)


def test_two_objects_in_one_process(library: Library) -> None:
    with Library.open(library.directory, settings=Settings(), embedder=HashEmbedder()) as other:
        other.add([row(1, OLD)])
        assert len(library.search("budget")) == 1
    library.add([row(2, NEW)])
    assert library.doctor(mend=False).missing == 0


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    settings = Settings(lock_seconds=0.2)
    with Library.open(tmp_path, settings=settings, embedder=HashEmbedder()) as library, writing(tmp_path, 1):
        with pytest.raises(BusyError, match="another process has been writing"):
            library.add([row(1, OLD)])
        assert library.articles() == []


def test_doctor_mends_what_is_missing_and_no_more(library: Library, embedder: HashEmbedder) -> None:
    library.add([row(number, f"Report {number} names harbour {number}. " * 60) for number in range(3)])
    chunk_ids = library._store.catalog.chunk_ids()
    with library._store.writing() as vectors:
        vectors.delete(chunk_ids[:2])
    embedder.embedded = 0
    looked = library.doctor(mend=False)
    assert (looked.missing, looked.surplus, looked.healthy, embedder.embedded) == (2, 0, False, 0)
    mended = library.doctor()
    assert (mended.missing, mended.healthy, embedder.embedded) == (2, True, 2)
    assert library.doctor(mend=False).missing == 0


def test_doctor_refills_a_store_that_is_gone_or_garbled(library: Library) -> None:
    library.add([row(1, OLD)])
    for garbled in (False, True):
        file = library.directory / "vectors" / "chroma.sqlite3"
        library = reopen(library)
        if garbled:
            library.close()
            file.write_bytes(b"not a database" * 100)
            library = Library.open(library.directory, settings=Settings(), embedder=HashEmbedder())
        else:
            with library._store.writing() as vectors:
                vectors.delete(library._store.catalog.chunk_ids())
        report = library.doctor()
        assert (report.missing, report.healthy) == (1, True)
        assert library.search("budget")[0].dense > 0
    library.close()


def test_doctor_sees_damage_that_it_cannot_mend(library: Library) -> None:
    library.add([row(1, OLD)])
    library.close()
    with sqlite3.connect(library.directory / "catalog.sqlite3") as db:
        db.execute("DELETE FROM chunk_index")
    db.close()
    with Library.open(library.directory, settings=Settings(), embedder=HashEmbedder()) as opened:
        report = opened.doctor()
        assert (report.damage, report.healthy) == (("chunks and word index do not agree",), False)


def test_garbled_catalog_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite3").write_bytes(b"not a database" * 1000)
    with pytest.raises(StorageError, match="not a catalog"):
        Library.open(tmp_path, settings=Settings())


def test_newer_format_is_refused(library: Library) -> None:
    library.close()
    db = sqlite3.connect(library.directory / "catalog.sqlite3")
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(ConfigError, match="format 99.*upgrade rag"):
        Library.open(library.directory, settings=Settings())


def test_older_format_is_upgraded_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("rag.storage.database.STEPS", schema.STEPS[:1])
        patch.setattr("rag.storage.database.FORMAT", 1)
        with Library.open(tmp_path, settings=Settings(), embedder=WholeEmbedder()) as library:
            library.add([row(1, OLD)])
    with Library.open(tmp_path, settings=Settings(), embedder=HashEmbedder()) as library:
        assert library.article("id:article-1").text == OLD
        assert library._store.catalog.origins() == []
        assert library._store.catalog._rows("PRAGMA user_version")[0][0] == schema.FORMAT


def test_another_embedder_is_refused_and_reindex_is_the_way_out(library: Library) -> None:
    library.add([row(1, OLD), row(2, NEW)])
    library.close()
    other = HashEmbedder(32)
    with Library.open(library.directory, settings=Settings(), embedder=other) as opened:
        for attempt in (lambda: opened.search("budget"), lambda: opened.add([row(3, OLD + " More.")])):
            with pytest.raises(ConfigError, match="hash-64, and hash-32 is set.*rag reindex"):
                attempt()
        assert opened.reindex() == 2
        assert opened.search("budget")[0].dense > 0
        assert opened.doctor(mend=False).healthy
    with Library.open(library.directory, settings=Settings(), embedder=other) as opened:
        assert len(opened.search("budget")) == 2


def test_killed_while_reindexing_leaves_the_library_as_it_was(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add([row(1, OLD)])
    library.close()
    other = Library.open(library.directory, settings=Settings(), embedder=HashEmbedder(32))
    with other, monkeypatch.context() as patch:
        patch.setattr(Catalog, "set_meta", kill)
        with pytest.raises(Killed):
            other.reindex()
    with Library.open(library.directory, settings=Settings(), embedder=HashEmbedder()) as opened:
        assert opened.search("budget")[0].dense > 0
        assert opened.doctor().healthy


def test_any_chroma_client_can_use_the_collection(library: Library) -> None:
    library.add([row(1, OLD, publisher="The Post", published="2024-02-02")])
    client = chromadb.PersistentClient(
        str(library.directory / "vectors"), settings=ChromaSettings(anonymized_telemetry=False)
    )
    collection = client.get_collection("articles", embedding_function=None)
    found = collection.get(where={"publisher": "The Post"})
    assert found["documents"] == [OLD]
    metadata = (found["metadatas"] or [])[0]
    article = library.article("id:article-1")
    assert (metadata["publisher"], metadata["article_id"], metadata["start"], metadata["end"]) == (
        "The Post",
        article.id,
        0,
        len(OLD),
    )
    client.close()  # type: ignore[attr-defined]


def test_full_disk_is_one_clear_line_and_loses_nothing(library: Library) -> None:
    library.add([row(1, OLD)])
    pages = library._store.catalog._rows("PRAGMA page_count")[0][0]
    library._store.catalog._rows(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageError, match="the disk is full"):
        library.add([row(number, f"Story {number}. {NEW} " * 80) for number in range(2, 30)])
    library._store.catalog._rows("PRAGMA max_page_count = 1073741823")
    with reopen(library) as opened:
        assert [info.title for info in opened.articles()] == ["Story 1"]
        report = opened.doctor(mend=False)
        assert (report.missing, report.surplus) == (0, 0)


def test_an_id_of_an_article_is_found_by_its_start(library: Library) -> None:
    library.add([row(1, OLD)])
    (info,) = library.articles()
    assert library.article(info.id[:6]).id == info.id
    for unknown in ("ffffffffffff", "f", "", "id:article-2", "../../etc"):
        with pytest.raises(NotFoundError):
            library.article(unknown)


def test_a_file_is_no_library(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(StorageError, match="a library is a folder"):
        Library.open(file, settings=Settings())


def test_a_store_closes_what_it_opened(tmp_path: Path) -> None:
    store = Store(tmp_path, 1)
    store.close()
    assert tmp_path / "vectors" not in Vectors._shared
