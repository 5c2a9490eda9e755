"""The facade: what each call takes, gives and refuses."""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from rag import Library, NotFoundError, Settings, StorageError, UserError
from rag.models.fakes import HashEmbedder
from tests.conftest import row

COUNCIL = "The council of Varrow met on Monday. It approved a budget of 4 million for the harbour."
POOL = "The pool on Mill Street opened on Tuesday. About 700 swimmers came to the opening, the mayor said."
FERRY = "A ferry struck the breakwater at noon. The captain tested negative for alcohol, the coast guard said."


@pytest.fixture
def filled(library: Library) -> Library:
    report = library.add(
        [
            row(1, COUNCIL, publisher="The Post", published="2024-02-02"),
            row(2, POOL, publisher="Gazette", published="2024-03-05", url="https://gazette.example/2024/pool-opens"),
            row(3, FERRY),
        ]
    )
    assert report.count("added") == 3
    return library


def test_a_library_is_a_folder_made_on_first_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Library.open("deep/news", settings=Settings(), embedder=HashEmbedder()) as library:
        assert library.directory == tmp_path / "deep" / "news"
        assert library.directory.is_dir()
        assert (library.articles(), library.search("anything")) == ([], [])
        assert library.ask("Anything?").reason == "empty_library"
        assert library.summarize(about="anything").reason == "empty_library"
        assert list(library.export()) == []


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StorageError):
            Library.open(path, settings=Settings())
    assert (tmp_path / "file").read_text() == "mine"


def test_a_home_folder_that_is_not_known_is_refused() -> None:
    for create in (True, False):
        with pytest.raises(UserError, match="^the home folder in '~nobody-of-that-name/news' is not known$"):
            Library.open("~nobody-of-that-name/news", settings=Settings(), create=create)


def test_what_was_added_is_there_when_it_is_opened_again(filled: Library) -> None:
    before = filled.articles()
    filled.close()
    filled.close()
    with Library.open(filled.directory, settings=Settings(), embedder=HashEmbedder()) as opened:
        assert opened.articles() == before
        assert [hit.article.title for hit in opened.search("swimmers")][0] == "Story 2"


def test_a_closed_library_says_so(filled: Library) -> None:
    filled.close()
    attempts: list[Callable[[], object]] = [
        filled.articles,
        lambda: filled.search("pool"),
        lambda: filled.add([row(4, POOL + " More.")]),
    ]
    for attempt in attempts:
        with pytest.raises(StorageError, match="closed"):
            attempt()


def test_a_listing_is_newest_first_and_filtered(filled: Library) -> None:
    assert [info.title for info in filled.articles()] == ["Story 2", "Story 1", "Story 3"]
    assert [info.title for info in filled.articles(publisher=" the POST ")] == ["Story 1"]
    assert [info.title for info in filled.articles(after=date(2024, 2, 2), before=date(2024, 3, 5))] == [
        "Story 2",
        "Story 1",
    ]
    assert [info.title for info in filled.articles(before=date(2024, 3, 4))] == ["Story 1"]
    assert filled.articles(publisher="Nobody") == []
    (info,) = filled.articles(publisher="The Post")
    article = filled.article(info.id)
    assert info.to_dict() == {
        "id": article.id,
        "version": article.version,
        "title": "Story 1",
        "publisher": "The Post",
        "author": None,
        "published": "2024-02-02",
        "published_from": "metadata",
        "confidence": "high",
        "url": None,
        "source": article.source,
        "language": "en",
        "characters": len(COUNCIL),
        "chunks": 1,
        "versions": 1,
        "added": info.added.isoformat(),
    }
    assert article.added == info.added
    assert info.added.tzinfo is not None


def test_an_article_goes_by_many_names(filled: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "story.txt"
    file.write_text(f"A story from a file\n\n{FERRY}")
    filled.add(file)
    pool = filled.article("https://gazette.example/2024/pool-opens")
    assert pool.text == POOL
    assert filled.article(pool.id) == filled.article(pool.id[:5]) == filled.article(pool.id, pool.version) == pool
    monkeypatch.chdir(tmp_path)
    assert filled.article("story.txt") == filled.article(str(file)) == filled.article("./story.txt")
    assert filled.article("id:article-3").text == FERRY


@pytest.mark.parametrize(
    "reference",
    ["ffffffffffff", "", "x", "https://gazette.example/", "\0", "'; --", "%", "____", "~nobody-of-that-name/a.txt"],
)
def test_an_unknown_article_is_not_found(filled: Library, reference: str) -> None:
    for attempt in (filled.article, filled.remove, filled.versions, filled.summarize):
        with pytest.raises(NotFoundError) as caught:
            attempt(reference)
        assert "\n" not in str(caught.value)
    with pytest.raises(NotFoundError, match="in version ffff"):
        filled.article("id:article-1", "ffff")
    assert len(filled.articles()) == 3


def test_a_name_that_is_no_text_is_not_found(filled: Library) -> None:
    """What a shell hands over where the bytes typed are no UTF-8."""
    with pytest.raises(NotFoundError):
        filled.article("caf\udce9.txt")
    assert filled.search("pool", publisher="caf\udce9") == []


def test_an_ambiguous_start_of_an_id_is_refused(library: Library) -> None:
    starts: dict[str, int] = {}
    for number in itertools.count():
        article_id = hashlib.sha256(f"id:article-{number}".encode()).hexdigest()[:12]
        if article_id[:4] in starts:
            break
        starts[article_id[:4]] = number
    library.add([row(starts[article_id[:4]], COUNCIL), row(number, POOL)])
    with pytest.raises(NotFoundError, match="more than one article fits"):
        library.article(article_id[:4])
    assert library.article(article_id[:11]).text == POOL


def test_removing_gives_back_what_was_there(filled: Library) -> None:
    before = filled.article("id:article-3")
    assert filled.remove(before.id[:6]) == before
    assert [info.title for info in filled.articles()] == ["Story 2", "Story 1"]
    with pytest.raises(NotFoundError):
        filled.article(before.id)
    with pytest.raises(NotFoundError):
        filled.article(before.id, before.version)


@pytest.mark.parametrize("question", ["", " \t\n", "\u3000", "\u2028"])
def test_an_empty_question_is_the_callers_mistake(filled: Library, question: str) -> None:
    for attempt in (filled.ask, filled.search, filled.evidence, lambda topic: filled.summarize(about=topic)):
        with pytest.raises(UserError, match=r"the (question|query|topic) is empty"):
            attempt(question)


@pytest.mark.parametrize("question", ["x" * 1_000_000, "why " * 250_000, "\ud800" * 1_000_000])
def test_a_question_of_a_megabyte_is_the_callers_mistake(filled: Library, question: str) -> None:
    for attempt in (filled.ask, filled.search, filled.evidence, lambda topic: filled.summarize(about=topic)):
        with pytest.raises(UserError, match="2,000 are allowed.*RAG_MAX_QUESTION_CHARS") as caught:
            attempt(question)
        assert len(str(caught.value)) < 200


def test_the_longest_question_is_answered(filled: Library) -> None:
    assert filled.ask(("swimmers " * 250)[:2000]).question.startswith("swimmers")


@pytest.mark.parametrize("question", ["\ud800 pool \udfff", "\0", "po\0ol", "\x1b[31m pool", "\U0010ffff", "???", "😀"])
def test_a_question_that_is_hardly_text_is_taken(filled: Library, question: str) -> None:
    answer = filled.ask(question)
    assert answer.to_dict()["question"].encode("utf-8")  # what is said of it can be written down
    filled.search(question)
    filled.summarize(about=question)


def test_wrong_calls_are_the_callers_mistakes(filled: Library) -> None:
    reference = filled.articles()[0].id
    later, earlier = date(2024, 3, 1), date(2024, 2, 1)
    attempts: list[tuple[str, Callable[[], object]]] = [
        ("k must be 1 or more", lambda: filled.search("pool", 0)),
        ("k must be 1 or more", lambda: filled.search("pool", -3)),
        ("1 sentence or more", lambda: filled.summarize(reference, sentences=0)),
        ("1 sentence or more", lambda: filled.summarize(about="pool", sentences=-1)),
        ("100 sentences or less", lambda: filled.summarize(reference, sentences=101)),
        ("100 sentences or less", lambda: filled.summarize(about="pool", sentences=10**20)),
        ("name what to summarize", lambda: filled.summarize()),
        ("one of them, not both", lambda: filled.summarize(reference, about="pool")),
        ("exchange the two dates", lambda: filled.search("pool", after=later, before=earlier)),
        ("exchange the two dates", lambda: filled.ask("pool", after=later, before=earlier)),
        ("exchange the two dates", lambda: filled.summarize(about="pool", after=later, before=earlier)),
        ("exchange the two dates", lambda: filled.articles(after=later, before=earlier)),
    ]
    for said, attempt in attempts:
        with pytest.raises(UserError, match=said):
            attempt()


def test_the_longest_summary_is_made(filled: Library) -> None:
    assert len(filled.summarize(filled.articles()[0].id, sentences=100).statements) == 2
    assert filled.summarize(about="swimmers at the opening", sentences=100).subject == "swimmers at the opening"


def test_an_answer_is_timed_and_says_who_wrote_it(filled: Library) -> None:
    answer = filled.ask("How many swimmers came to the opening?")
    assert (answer.engine, answer.model, answer.prompt, answer.notice, answer.conflicts) == (
        "extractive",
        None,
        None,
        None,
        (),
    )
    assert (answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.cost_usd) == (0, 0, None)
    assert min(answer.timings_ms.retrieve, answer.timings_ms.answer) >= 0


def test_white_space_in_a_question_does_not_matter(filled: Library) -> None:
    first, second = filled.ask("How many swimmers came?"), filled.ask("  How many\n swimmers\u00a0 came? ")
    assert first.question == second.question == "How many swimmers came?"
    assert (first.statements, first.citations, first.nearest) == (second.statements, second.citations, second.nearest)


def test_threads_share_a_library(filled: Library) -> None:
    """Four threads ask while a fifth adds; every answer is one that a lone reader could have had."""
    problems: list[BaseException] = []

    def ask() -> None:
        try:
            for _ in range(5):
                assert filled.search("swimmers opening", 1)[0].article.title == "Story 2"
                for citation in filled.ask("How many swimmers came?").citations:
                    text = filled.article(citation.article_id, citation.version).text
                    assert text[citation.start : citation.end] == citation.quote
        except BaseException as exc:
            problems.append(exc)

    def add() -> None:
        try:
            for number in range(10, 15):
                filled.add([row(number, f"{COUNCIL} It was meeting number {number}.")])
        except BaseException as exc:
            problems.append(exc)

    threads = [threading.Thread(target=work) for work in (ask, ask, ask, ask, add)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert problems == []
    assert len(filled.articles()) == 8
    assert filled.doctor(mend=False).healthy


def test_an_empty_path_adds_nothing(library: Library) -> None:
    """As an unset variable of a shell gives it; the working directory is not meant."""
    with pytest.raises(UserError, match="a path or URL is empty"):
        library.add("")


def test_missing_vectors_are_said_and_not_an_abstention(filled: Library) -> None:
    with filled._store.writing() as vectors:
        vectors.delete(filled._store.catalog.chunk_ids())
    with pytest.raises(StorageError, match="rag doctor"):
        filled.ask("What did the council close?")
    with pytest.raises(UserError, match="1000 or less"):
        filled.search("pool", 10**20)
