"""Hybrid search: what is found, what never is, and in which order."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rag import Filters, Library, Settings, StorageError
from rag.models.fakes import HashEmbedder
from rag.retrieval.search import CANDIDATES, MAX_TERMS, search, terms
from rag.storage.store import Store
from rag.storage.vectors import Vectors
from rag.text.chunks import embedded_text
from tests.conftest import row

COUNCIL = "The council of Varrow met on Monday. It approved a budget for the harbour."


def titles(library: Library, query: str, k: int = 8, **filters: object) -> list[str]:
    return [hit.article.title for hit in library.search(query, k, **filters)]  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Three publishers, four dates, one long article; tests do not change it."""
    long = " ".join(f"Harbour pilot number {number} spoke of the tide at the breakwater." for number in range(60))
    directory = tmp_path_factory.mktemp("papers") / "library"
    with Library.open(directory, settings=Settings(), embedder=HashEmbedder()) as library:
        library.add(
            [
                row(1, f"{COUNCIL} Mayor Quillon spoke.", publisher="The Post", published="2024-02-02"),
                row(2, f"{COUNCIL} The market closed.", publisher="GAZETTE", published="2024-02-03"),
                row(3, f"{COUNCIL} Swimmers protested.", publisher="Straße", published="2024-02-04"),
                row(4, f"{COUNCIL} No day is known."),
                row(5, long, publisher="The Post", published="2024-03-01"),
                row(6, f"Photo: Zanzibar Agency\n\n{COUNCIL} Nobody took a picture.", published="2023-01-01"),
            ]
        )
        yield library


def test_a_paraphrase_is_found_by_its_meaning(seeds: Library) -> None:
    """None of the words but function words stand in the article."""
    best, *_ = seeds.search("vessel collides with pier, dozens wounded", 3)
    assert best.article.title in (
        "Island ferry strikes breakwater in fog, injuring 31",
        "Thirty-one hurt as island ferry hits breakwater in fog",
    )
    assert best.dense > 0.4


def test_an_exact_name_is_found_by_its_letters(seeds: Library) -> None:
    for name, article in (
        ("Umberlock", "Cold-store owner must pay $2.3 million over ammonia leak, court rules"),
        ("Hag Shoal", "Thirty-one hurt as island ferry hits breakwater in fog"),
        ("$735 million", "Lissendrake lifts sales outlook but trims margin target as steel costs bite"),
    ):
        best, *_ = seeds.search(name, 3)
        assert best.article.title == article
        assert best.lexical > 0
        assert name in best.article.text


def test_each_half_finds_what_the_other_misses(seeds: Library) -> None:
    hits = seeds.search("Quaverley swam", 20)
    by_words = {hit.chunk.id for hit in hits if hit.lexical > 0}
    assert 0 < len(by_words) < len(hits)
    assert hits[0].chunk.id in by_words
    # A chunk that words alone found has its true likeness all the same.
    assert all(-1 <= hit.dense <= 1 and hit.dense != 0 for hit in hits)


QUERIES = [
    "council budget",
    "harbour pilot tide breakwater",
    "Quillon",
    "swimmers",
    "nothing of the kind",
    "the",
    "a b c",
]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("k", [1, 3, 50])
def test_hits_are_scored_sorted_and_no_more_than_k(papers: Library, query: str, k: int) -> None:
    hits = papers.search(query, k)
    assert len(hits) <= k
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert len({hit.chunk.id for hit in hits}) == len(hits)
    for hit in hits:
        assert hit.article == papers.article(hit.article.id)
        assert hit.article.text[hit.chunk.start : hit.chunk.end] == hit.chunk.text
        assert hit.context.start <= hit.chunk.start < hit.chunk.end <= hit.context.end
    # Asking for fewer gives the first of them.
    assert [hit.chunk.id for hit in papers.search(query, 50)][: len(hits)] == [hit.chunk.id for hit in hits]


def test_k_is_given_where_there_is_as_much(papers: Library) -> None:
    assert len(papers.search("council budget", 5)) == 5
    assert len(papers.search("council budget", 1)) == 1


def test_one_article_does_not_crowd_out_the_others(papers: Library) -> None:
    found = titles(papers, "harbour pilot tide breakwater", 8)
    assert found[:3] == ["Story 5"] * 3
    assert found.count("Story 5") == 3
    assert len(found) == 8
    with papers._store.reading():
        vector = HashEmbedder().embed(["harbour pilot tide"])[0]
    for cap in (1, 2, None):
        hits = search(papers._store, "harbour pilot tide", vector, k=6, per_article=cap).hits
        of_long = sum(hit.article.title == "Story 5" for hit in hits)
        assert of_long == cap if cap else of_long > 3


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"publisher": "the post"}, {"Story 1", "Story 5"}),
        ({"publisher": "  The POST\n"}, {"Story 1", "Story 5"}),
        ({"publisher": "gazette"}, {"Story 2"}),
        ({"publisher": "STRASSE"}, {"Story 3"}),
        ({"publisher": "Post"}, set()),
        ({"publisher": "' OR 1=1 --"}, set()),
        ({"after": date(2024, 2, 3)}, {"Story 2", "Story 3", "Story 5"}),
        ({"before": date(2024, 2, 3)}, {"Story 1", "Story 2", "Story 6"}),
        ({"after": date(2024, 2, 2), "before": date(2024, 2, 3)}, {"Story 1", "Story 2"}),
        ({"after": date(2024, 2, 3), "before": date(2024, 2, 3)}, {"Story 2"}),
        ({"publisher": "The Post", "after": date(2024, 2, 3)}, {"Story 5"}),
        ({"after": date(2030, 1, 1)}, set()),
        ({"after": date.min, "before": date.max}, {"Story 1", "Story 2", "Story 3", "Story 5", "Story 6"}),
    ],
)
@pytest.mark.parametrize("query", ["council budget harbour", "tide"])
def test_filters(papers: Library, filters: dict[str, object], found: set[str], query: str) -> None:
    hits = papers.search(query, 50, **filters)  # type: ignore[arg-type]
    assert {hit.article.title for hit in hits} == found
    # Both halves of the search keep to them.
    assert all(hit.lexical > 0 for hit in hits) or query == "tide"


def test_old_versions_and_removed_articles_are_never_found(library: Library) -> None:
    library.add([row(1, f"{COUNCIL} Quillon spoke."), row(2, f"{COUNCIL} Sarnwick spoke.")])
    library.add([row(1, f"{COUNCIL} Vennick spoke.")])
    library.remove("id:article-2")
    current = library.article("id:article-1")
    for query in ("Quillon spoke", "Sarnwick spoke", "council of Varrow", "Vennick"):
        assert {(hit.chunk.version, hit.article.text) for hit in library.search(query, 50)} == {
            (current.version, current.text)
        }


def test_a_vector_that_the_catalog_does_not_know_is_not_found(library: Library) -> None:
    """What a killed writer leaves behind: the catalog decides."""
    library.add([row(1, COUNCIL), row(2, f"{COUNCIL} More.")])
    article, chunk = next(iter(library._store.catalog.chunks(library._store.catalog.chunk_ids()[:1]).values()))
    with library._store.catalog.transaction():
        library._store.catalog.remove(article.id)
    assert chunk.id not in {hit.chunk.id for hit in library.search("council budget", 50)}


def test_boilerplate_is_not_found(papers: Library) -> None:
    article = papers.article("id:article-6")
    assert [article.text[start:end] for start, end in article.boilerplate] == ["Photo: Zanzibar Agency"]
    assert all(hit.lexical == 0 for hit in papers.search("Zanzibar", 50))
    assert not any("Zanzibar" in hit.chunk.text for hit in papers.search("Zanzibar Agency photo", 50))


@pytest.mark.parametrize(
    "query",
    [
        "AND OR NOT NEAR(",
        '"',
        '""" council',
        "council*",
        "^council",
        "title:council",
        "body : {council}",
        "-council +budget",
        "council NEAR/2 budget",
        "(council",
        "'; DROP TABLE chunk; --",
        ":expression",
        "?1 council",
        "%_",
        "\\",
        "\0",
    ],
)
def test_query_syntax_is_only_words(papers: Library, query: str) -> None:
    hits = papers.search(query, 50)
    assert {hit.article.title for hit in hits} <= {f"Story {number}" for number in range(1, 7)}
    if "council" in query:
        assert any(hit.lexical > 0 for hit in hits)


@settings(deadline=None, max_examples=60)
@example('" OR "')
@example("\ud800")
@example('NEAR(council budget, 2) AND title: "x*')
@given(st.one_of(st.text(max_size=80), st.text(alphabet="\"*^():+-ANDORNEAT {}'\\ councilé北京", max_size=60)))
def test_no_question_breaks_the_search(papers: Library, question: str) -> None:
    # Library.search refuses an empty question before it comes here.
    vector = np.zeros(64, dtype=np.float32)
    vector[0] = 1
    found = search(papers._store, question.encode("utf-8", "replace").decode(), vector, k=5)
    assert len(found.hits) == 5
    assert found.notice is None
    assert all(0 <= hit.score <= 1 for hit in found.hits)


@given(st.text(max_size=300))
def test_terms_are_words_each_once_and_not_too_many(question: str) -> None:
    found = terms(question)
    assert len(found) == len(set(found)) <= MAX_TERMS


def test_function_words_are_looked_up_only_where_there_is_nothing_else() -> None:
    assert terms("What was the budget of the council?") == ["budget", "council"]
    assert terms("What is it?") == ["what", "is", "it"]
    many = [f"w{'x' * number}" for number in range(60)]
    assert terms(" ".join(many)) == many[-MAX_TERMS:]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library.open(
        tmp_path_factory.mktemp("world") / "library", settings=Settings(), embedder=HashEmbedder()
    ) as library:
        library.add(
            [
                {
                    "id": "zh",
                    "title": "北京新闻",
                    "text": "北京市长周一宣布新的地铁线路将于明年开通。该项目耗资三十亿元。",
                },
                {
                    "id": "ja",
                    "title": "東京",
                    "text": "東京都知事は月曜日、新しい地下鉄路線を発表した。費用は三十億円である。",
                },
                {
                    "id": "ar",
                    "title": "القاهرة",
                    "text": "أعلن رئيس البلدية يوم الاثنين افتتاح خط المترو الجديد في القاهرة.",
                },
                {
                    "id": "ru",
                    "title": "Москва",
                    "text": "Мэр Москвы объявил в понедельник об открытии новой линии метро.",
                },
                {
                    "id": "de",
                    "title": "Köln",
                    "text": "Die Bürgermeisterin eröffnete am Montag die neue Straßenbahnlinie.",
                },
                {"id": "en", "title": "London", "text": "The mayor opened the new metro line on Monday."},
            ]
        )
        yield library


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("地铁线路", "zh"),
        ("北京", "zh"),
        ("耗资 三十亿元", "zh"),
        ("地下鉄路線", "ja"),
        ("افتتاح خط المترو", "ar"),
        ("متى أعلن رئيس البلدية؟", "ar"),
        ("линии метро", "ru"),
        ("Bürgermeisterin", "de"),
        ("burgermeisterin", "de"),
        ("neue straßenbahnlinie", "de"),
    ],
)
def test_other_scripts_are_found_by_words(world: Library, query: str, key: str) -> None:
    best, *_ = [hit for hit in world.search(query) if hit.lexical > 0]
    assert best.article.key == f"id:{key}"
    article = best.article
    assert article.text[best.chunk.start : best.chunk.end] == best.chunk.text


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ("北京市长宣布了什么？", "zh"),
        ("新的地铁线路什么时候开通？", "zh"),
        ("東京の新しい地下鉄路線の費用はいくらですか？", "ja"),
    ],
)
def test_a_question_in_an_unspaced_script_is_found_by_words(world: Library, question: str, key: str) -> None:
    hits = [hit for hit in world.search(question) if hit.lexical > 0]
    assert [hit.article.key for hit in hits][:1] == [f"id:{key}"]


def test_neighbours_come_along_where_a_chunk_was_cut(library: Library) -> None:
    sentences = [f"Sentence number {number} of the story tells of pilot {number}." for number in range(60)]
    library.add([row(1, " ".join(sentences)), row(2, f"{COUNCIL}\n\nAnother paragraph about Quillon.")])
    article = library.article("id:article-1")
    hits = {hit.chunk.number: hit for hit in library.search("sentence story pilot", 50) if hit.article == article}
    last = max(library._store.catalog.chunk_ids(article.id), key=lambda chunk_id: int(chunk_id.rpartition(":")[2]))
    assert hits
    for number, hit in hits.items():
        context = article.text[hit.context.start : hit.context.end]
        before = article.text[hit.context.start : hit.chunk.start].strip()
        after = article.text[hit.chunk.end : hit.context.end].strip()
        assert before in ([""] if number == 0 else sentences)
        assert after in ([""] if hit.chunk.id == last else sentences)
        assert context == f"{before} {hit.chunk.text} {after}".strip()
    (other,) = [hit for hit in library.search("Quillon", 50) if hit.article.key == "id:article-2"]
    assert other.context == (other.chunk.start, other.chunk.end)


def test_neighbours_do_not_come_from_another_paragraph(library: Library) -> None:
    paragraph = " ".join(f"Pilot {number} of the harbour spoke of the tide and the wind." for number in range(12))
    library.add([row(1, f"{paragraph}\n\n{paragraph}")])
    hits = library.search("pilot harbour tide", 50)
    assert len(hits) > 1
    for hit in hits:
        assert "\n" not in hit.article.text[hit.context.start : hit.context.end]


def test_neighbours_do_not_stand_behind_boilerplate(library: Library) -> None:
    pointer = "(Also read: Ten things to know about the pool.)"
    library.add([row(1, f"{COUNCIL} {pointer} Swimmers gathered outside the hall and sang for hours.")])
    article = library.article("id:article-1")
    assert [article.text[start:end] for start, end in article.boilerplate] == [pointer]
    contexts = [article.text[hit.context.start : hit.context.end] for hit in library.search("council swimmers", 8)]
    assert len(contexts) == 2
    assert not any(pointer in context for context in contexts)


def test_candidates_are_enough_for_many_hits(library: Library) -> None:
    library.add([row(number, f"Meeting number {number} of the council of Varrow.") for number in range(2 * CANDIDATES)])
    assert len(library.search("council meeting", 2 * CANDIDATES)) == 2 * CANDIDATES


def test_what_only_the_words_found_has_its_true_likeness(library: Library) -> None:
    """More articles are nearer in meaning than are looked at; the one with the rare word is not among them."""
    crowd = [row(number, "The budget. A budget.") for number in range(CANDIDATES + 10)]
    words = " ".join(f"harbour{number} pilot{number}" for number in range(20))
    library.add([*crowd, row(99, f"Quillon spoke of {words}.")])
    hits = {hit.article.key: hit for hit in library.search("Quillon budget", 10)}
    rare = hits["id:article-99"]
    embed = HashEmbedder().embed
    (vector,), (own,) = embed(["Quillon budget"]), embed([embedded_text(rare.article, rare.chunk)])
    assert rare.dense == pytest.approx(float(vector @ own), abs=1e-5)
    assert 0 < rare.dense < min(hit.dense for key, hit in hits.items() if key != "id:article-99")


def test_search_without_a_stored_vector_goes_by_words(library: Library) -> None:
    library.add([row(1, f"{COUNCIL} Quillon spoke."), row(2, COUNCIL)])
    (lost,) = library._store.catalog.chunk_ids(library.article("id:article-1").id)
    with library._store.writing() as vectors:
        vectors.delete([lost])
    best, *_ = library.search("Quillon")
    assert (best.chunk.id, best.lexical > 0, best.dense) == (lost, True, 0)


# A library that cannot be written ---------------------------------------------------------


def test_a_read_only_library_is_searched_by_words_and_says_so(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add([row(1, f"{COUNCIL} Quillon spoke."), row(2, "The pool on Mill Street opened.")])

    @contextmanager
    def refused(*_: object) -> Iterator[Vectors]:
        raise StorageError("is read-only")
        yield

    monkeypatch.setattr(Vectors, "at", refused)
    with pytest.raises(StorageError):  # a store that fails for another reason is no detail
        library.search("Quillon")
    monkeypatch.setattr(library._store.catalog, "read_only", True)
    notice = "the library is read-only, so it was searched by words alone"
    found = search(library._store, "Who was Quillon?", np.zeros(64, dtype=np.float32), k=8, filters=Filters())
    assert found.notice == notice
    ((title, dense, score),) = [(hit.article.title, hit.dense, hit.score) for hit in found.hits]
    assert (title, dense) == ("Story 1", 0)
    assert score == pytest.approx(1)
    assert library.ask("Who was Quillon?").notice == notice
    assert library.ask("What of Zanzibar?").to_dict()["notice"] == notice
    assert library.summarize(about="Quillon").notice == notice


def test_a_library_on_a_read_only_disk_is_searched_by_words(library: Library, tmp_path: Path) -> None:
    """Mode bits do not bind root, so the kernel is asked for a read-only mount where it gives one."""
    library.add([row(1, f"{COUNCIL} Quillon spoke."), row(2, "The pool on Mill Street opened.")])
    library.close()
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    code = (
        "import json, sys; from rag import Library, StorageError; from rag.models.fakes import HashEmbedder\n"
        "with Library.open(sys.argv[1], embedder=HashEmbedder()) as library:\n"
        "    answer = library.ask('Who was Quillon?')\n"
        "    try: library.add([{'title': 'x', 'text': 'The market opened on Sunday.'}])\n"
        "    except StorageError as exc: said = str(exc)\n"
        "    print(json.dumps([[hit.article.title for hit in library.search('Quillon')], answer.notice, said]))"
    )
    script = (
        f"mount --bind '{library.directory}' '{mounted}' && mount -o remount,bind,ro '{mounted}' || exit 77;"
        f" exec '{sys.executable}' -c \"$CODE\" '{mounted}'"
    )
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "CODE": code},
    )
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("this system gives no read-only mount")
    assert (done.returncode, done.stderr) == (0, "")
    found, notice, said = json.loads(done.stdout)
    assert found == ["Story 1"]
    assert notice == "the library is read-only, so it was searched by words alone"
    assert "read-only" in said


def test_an_empty_store_finds_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path, 1)
    assert search(store, "anything", np.zeros(64, dtype=np.float32), k=8).hits == []
    store.close()


def test_half_a_character_in_a_query_is_no_error(papers: Library) -> None:
    assert papers.search("council \ud800 budget")
