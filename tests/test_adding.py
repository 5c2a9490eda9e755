"""Adding: unchanged costs nothing, changed is a new version in the same place, a bad source stops no other."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rag import AddItem, AddReport, Article, Chunk, Library, NotFoundError, Settings, Span, StorageError
from rag.adding import add_articles
from rag.models.fakes import HashEmbedder
from rag.storage.catalog import Catalog
from rag.storage.store import Entry, Store
from rag.types import Read
from tests.conftest import row

OLD = "The council of Varrow met on Monday. It approved a budget of 4 million."
NEW = "The council of Varrow met on Tuesday. It approved a budget of 5 million."
LONG = " ".join(f"Sentence number {number} tells of harbour {number * 7} and a pilot." for number in range(400))
BATCH = " ".join([LONG] * 8)  # a whole batch, that goes off to be embedded and stored at once


def statuses(report: AddReport) -> list[str]:
    return [item.status for item in report.items]


def test_what_has_not_changed_costs_no_embedding(library: Library, embedder: HashEmbedder, tmp_path: Path) -> None:
    file = tmp_path / "story.txt"
    file.write_text(f"A story from a file\n\n{OLD}")
    first = library.add([row(1, NEW), file])
    assert statuses(first) == ["added", "added"]
    assert embedder.embedded == sum(item.chunks for item in first.items) == 2
    before = library.articles()
    second = library.add([row(1, NEW), file])
    assert [dataclasses.replace(item, status="unchanged", chunks=0) for item in first.items] == list(second.items)
    assert embedder.embedded == 2
    assert library.articles() == before


def test_what_has_changed_is_a_new_version_in_the_same_place(library: Library, embedder: HashEmbedder) -> None:
    library.add([row(1, OLD), row(2, LONG)])
    (old,) = library.versions("id:article-1")
    embedder.embedded = 0
    report = library.add([row(1, NEW), row(2, LONG)])
    assert statuses(report) == ["updated", "unchanged"]
    assert embedder.embedded == 1
    new = library.article(old.id)
    assert (new.id, new.text) == (old.id, NEW)
    assert new.version != old.version
    # The old version stays readable, and is searched no longer.
    assert library.article(old.id, old.version) == old
    assert library.versions(old.id) == [old, new]
    hits = library.search("council Varrow Monday 4 million", 8)
    assert {(hit.article.id, hit.chunk.version) for hit in hits if hit.article.id == old.id} == {(old.id, new.version)}
    (info,) = [info for info in library.articles() if info.id == old.id]
    assert (info.version, info.versions, info.chunks) == (new.version, 2, 1)
    assert library.doctor(mend=False).surplus == 0


def test_a_version_may_come_back(library: Library) -> None:
    for text in (OLD, NEW, OLD):
        library.add([row(1, text)])
    current, *_ = library.versions("id:article-1")[::-1]
    assert (current.text, library.article("id:article-1").text) == (OLD, OLD)
    assert [article.text for article in library.versions("id:article-1")] == [NEW, OLD]
    (hit,) = library.search("council")
    assert hit.chunk.text == OLD


def test_a_change_of_metadata_alone_is_a_version(library: Library) -> None:
    library.add([row(1, OLD, publisher="The Post")])
    assert statuses(library.add([row(1, OLD, publisher="The Gazette")])) == ["updated"]
    assert [hit.article.publisher for hit in library.search("council")] == ["The Gazette"]
    assert library.search("council", publisher="The Post") == []


def test_removed_is_removed(library: Library) -> None:
    library.add([row(1, OLD), row(2, LONG)])
    library.add([row(1, NEW)])
    versions = library.versions("id:article-1")
    library.remove("id:article-1")
    for article in versions:
        with pytest.raises(NotFoundError):
            library.article(article.id, article.version)
    assert [hit for hit in library.search("council Varrow budget", 50) if hit.article.id == versions[0].id] == []
    for answer in (library.ask("What did the council of Varrow approve?"), library.summarize(about="the council")):
        assert versions[0].id not in {citation.article_id for citation in (*answer.citations, *answer.nearest)}
    assert [row["id"] for row in library.export()] == [library.articles()[0].id]
    report = library.doctor(mend=False)
    assert (report.articles, report.missing, report.surplus, report.healthy) == (1, 0, 0, True)
    assert statuses(library.add([row(1, OLD)])) == ["added"]


def test_the_same_article_twice_in_one_run(library: Library) -> None:
    report = library.add([row(1, OLD), row(1, OLD), row(1, NEW), row(2, OLD), row(1, NEW)])
    assert statuses(report) == ["added", "unchanged", "updated", "added", "unchanged"]
    assert [article.text for article in library.versions("id:article-1")] == [OLD, NEW]
    assert library.doctor(mend=False).healthy


def test_the_same_article_again_while_it_is_being_stored(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    put = Store.put

    def slow(store: Store, entries: Sequence[Entry], embedder_name: str) -> list[bool]:
        time.sleep(0.3)
        return put(store, entries, embedder_name)

    monkeypatch.setattr(Store, "put", slow)
    report = library.add([row(1, BATCH), row(1, BATCH + " The end.")])
    assert statuses(report) == ["added", "updated"]


def test_one_bad_file_among_good_ones(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "a.txt").write_text(f"The first story here\n\n{OLD}")
    (folder / "b.pdf").write_bytes(b"%PDF-1.7 broken")
    (folder / "c.jsonl").write_text('{"title": "Row", "text": "The pool opened on Monday."}\n{broken\n{"title": "x"}\n')
    (folder / "d.txt").write_bytes(bytes(range(256)) * 20)
    (folder / "e.txt").write_text("")
    (folder / "f.html").write_text(f"<html><title>The page of a story</title><body><p>{NEW}</p></body></html>")
    report = library.add([folder, tmp_path / "missing.txt", row(9, NEW), {"title": "No text"}])
    assert [(item.source, item.status) for item in report.items] == [
        (f"{folder}/a.txt", "added"),
        (f"{folder}/b.pdf", "failed"),
        (f"{folder}/c.jsonl:1", "added"),
        (f"{folder}/c.jsonl:2", "failed"),
        (f"{folder}/c.jsonl:3", "failed"),
        (f"{folder}/d.txt", "failed"),
        (f"{folder}/e.txt", "failed"),
        (f"{folder}/f.html", "added"),
        (f"{tmp_path}/missing.txt", "failed"),
        ("article-9", "added"),
        ("row 4", "failed"),
    ]
    for item in report.items:
        assert (item.reason is None, item.article_id is None) == (item.status == "added", item.status == "failed")
        assert "\n" not in (item.reason or "")
    assert report.failed == tuple(item for item in report.items if item.status == "failed")
    assert len(library.articles()) == 4


def test_a_name_that_is_no_utf_8_stops_no_other(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "a.txt").write_text(f"The first story here\n\n{OLD}")
    try:
        (folder / "caf\udce9.txt").write_text(f"The second story here\n\n{NEW}")
    except OSError:
        pytest.skip("this file system takes UTF-8 names alone")
    report = library.add([folder, row(2, LONG), row(3, OLD) | {"id": "\ud800"}])
    assert (report.items[0].status, report.items[2].status) == ("added", "added")
    assert {info.title for info in library.articles()} >= {"The first story here", "Story 2"}
    assert library.doctor(mend=False).healthy


def test_nothing_but_boilerplate_is_a_failure_with_a_reason(library: Library, embedder: HashEmbedder) -> None:
    report = library.add([row(1, "Photo: Jane Doe / Agency\n\n© 2024 The Post. All rights reserved.")])
    assert report.items == (
        AddItem("article-1", "failed", reason="holds nothing but boilerplate (credits, appeals, comments)"),
    )
    assert (library.articles(), embedder.embedded) == ([], 0)


def test_an_article_without_a_usable_sentence_is_a_failure_with_a_reason(
    library: Library, embedder: HashEmbedder
) -> None:
    article = Article.create(key="k", text=OLD, title="t", source="s", boilerplate=(Span(0, len(OLD)),))
    report = add_articles([Read(source="s", status="read", article=article)], library._store, lambda: embedder)
    assert report.items == (AddItem("s", "failed", reason="there is nothing in it but boilerplate"),)
    assert library.articles() == []


def test_what_another_process_stored_meanwhile_is_unchanged(
    library: Library, embedder: HashEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes in while this run is embedding the same."""
    embed = embedder.embed

    def and_meanwhile(texts: Sequence[str]) -> NDArray[np.float32]:
        with Library.open(library.directory, settings=Settings(), embedder=HashEmbedder()) as other:
            assert statuses(other.add(row(1, OLD))) == ["added"]
        return embed(texts)

    monkeypatch.setattr(embedder, "embed", and_meanwhile)
    assert statuses(library.add([row(1, OLD), row(2, NEW)])) == ["unchanged", "added"]
    assert len(library.versions("id:article-1")) == 1
    assert library.doctor(mend=False).healthy


@pytest.mark.parametrize("failing", [2, 3])
def test_a_failure_of_the_storing_thread_surfaces_and_what_was_stored_stays(
    library: Library, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    """Three batches: the second fails while the third is being embedded, or the last one does."""
    put, calls = Catalog.put, []

    def fails_later(catalog: Catalog, article: Article, chunks: Sequence[Chunk]) -> None:
        calls.append(article.title)
        if article.title == f"Story {failing}":
            raise StorageError("the disk is full")
        put(catalog, article, chunks)

    rows = [row(number, f"{BATCH} Part {number}.") for number in (1, 2, 3)]
    stored = [f"Story {number}" for number in range(1, failing)]
    with monkeypatch.context() as patch:
        patch.setattr(Catalog, "put", fails_later)
        with pytest.raises(StorageError, match="the disk is full"):
            library.add(rows)
    assert calls == [*stored, f"Story {failing}"]
    assert sorted(info.title for info in library.articles()) == stored
    assert library.search("harbour pilot", 3)[0].dense > 0
    # The next run carries on from there.
    report = library.add(rows)
    assert statuses(report) == ["unchanged"] * len(stored) + ["added"] * (3 - len(stored))
    assert library.doctor(mend=False).healthy


def test_an_interruption_leaves_what_was_stored(library: Library, embedder: HashEmbedder) -> None:
    waited = threading.Event()

    class Held(HashEmbedder):
        def embed_with_parts(
            self, texts: Sequence[str], parts: Sequence[Sequence[Span]]
        ) -> tuple[NDArray[np.float32], list[NDArray[np.float32]]]:
            if any("Part 2" in text for text in texts):
                assert waited.wait(30)
            return super().embed_with_parts(texts, parts)

    def reads() -> Iterator[Read]:
        for number in (1, 2, 3):
            text = " ".join(f"Part {number}: {LONG}" for _ in range(8))
            article = Article.create(key=f"k{number}", text=text, title=f"T{number}", source="s")
            yield Read(source="s", status="read", article=article)
        threading.Timer(0.1, waited.set).start()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add_articles(reads(), library._store, lambda: Held(embedder.dimension))
    # The third waited for its turn; the second was in hand, and is stored whole.
    assert {info.title for info in library.articles()} == {"T1", "T2"}
    assert library.doctor(mend=False).healthy


def test_progress_is_told_of_every_source(library: Library) -> None:
    told: list[tuple[str, int, int]] = []
    library.add([row(1, OLD), {"title": "No text"}, row(2, NEW)], progress=lambda *step: told.append(step))
    assert told == [("adding", 1, 0), ("adding", 2, 0), ("adding", 3, 0)]


def test_one_input_needs_no_list(library: Library, tmp_path: Path) -> None:
    file = tmp_path / "story.txt"
    file.write_text(f"A story from a file\n\n{OLD}")
    assert statuses(library.add(row(1, OLD))) == ["added"]
    assert statuses(library.add(str(file))) == ["added"]
    assert statuses(library.add(file)) == ["unchanged"]
    assert statuses(library.add([])) == []
    mixed: list[Path | dict[str, object]] = [file, row(2, NEW)]
    assert statuses(library.add(iter(mixed))) == ["unchanged", "added"]


def test_an_article_without_text_of_its_own_is_not_mixed_up(library: Library) -> None:
    """Without an id, URL or path an article is its content: the same text is the same article."""
    bare = {"title": "Bare", "text": OLD}
    assert statuses(library.add([bare, bare, {"title": "Bare", "text": NEW}])) == ["added", "unchanged", "added"]
