"""Summaries: as many sentences as were asked for, in an order that reads, none twice, each cited."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rag import Article, Citation, Library, Settings, Span, Summary, UserError
from rag.answering.summaries import summarize_article, summarize_topic
from rag.models.fakes import HashEmbedder
from tests.answering.build import EMBED, hits, holding, question, story


@pytest.fixture(scope="module")
def papers(seeds: Library, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The sample articles with the small embedder: what is tested here does not hang on meaning."""
    directory: Path = tmp_path_factory.mktemp("papers") / "library"
    with Library.open(directory, settings=Settings(), embedder=HashEmbedder(256)) as library:
        assert not library.add(list(seeds.export())).failed
        yield library


def consistent(summary: Summary, library: Library) -> list[tuple[Article, Span]]:
    """What holds of every summary; returns what was cited, in order."""
    assert (summary.status, summary.reason, summary.withheld, summary.nearest) == ("answered", None, (), ())
    cited = []
    for number, citation in enumerate(summary.citations, 1):
        article = library.article(citation.article_id, citation.version)
        span = Span(citation.start, citation.end)
        assert citation == Citation.of(article, span, number)
        assert not any(span.start < end and start < span.end for start, end in article.boilerplate)
        cited.append((article, span))
    assert [number for statement in summary.statements for number in statement.citations] == list(
        range(1, len(cited) + 1)
    )
    for statement in summary.statements:
        assert statement.text == " ".join(summary.citations[statement.citations[0] - 1].quote.split())
        assert statement.support == "verified"
    texts = [statement.text for statement in summary.statements]
    assert len(set(texts)) == len(texts)
    return cited


@pytest.mark.parametrize("sentences", range(1, 9))
def test_one_article_in_n_sentences(papers: Library, sentences: int) -> None:
    for info in papers.articles():
        summary = papers.summarize(info.id, sentences=sentences)
        cited = consistent(summary, papers)
        assert summary.subject == info.title
        assert len(summary.statements) == len(cited) == sentences
        assert {article.id for article, _ in cited} == {info.id}
        # In the article's own order, none twice.
        assert all(one.end <= other.start for (_, one), (_, other) in pairwise(cited))


def test_the_default_is_five(papers: Library) -> None:
    assert len(papers.summarize(papers.articles()[0].id).statements) == 5
    assert len(papers.summarize(about="the railway").statements) == 5


@pytest.mark.parametrize("topic", ["the closure of the valley railway", "the ferry and the breakwater"])
def test_a_topic_in_n_sentences(papers: Library, topic: str) -> None:
    """As many as were asked for, or as there are on the topic; oldest news first."""
    counts = []
    for sentences in range(1, 9):
        summary = papers.summarize(about=topic, sentences=sentences)
        cited = consistent(summary, papers)
        assert summary.subject == topic
        counts.append(len(summary.statements))
        leaders = [cited[statement.citations[0] - 1] for statement in summary.statements]
        dates = [article.published for article, _ in leaders]
        assert dates == sorted(dates, key=lambda published: str(published or "unknown"))
        for article, _ in leaders:  # each article in its own order
            own = [span for other, span in leaders if other.id == article.id]
            assert own == sorted(own)
    assert counts == [min(sentences, counts[-1]) for sentences in range(1, 9)]
    assert counts[-1] >= 5


@pytest.mark.parametrize(
    ("topic", "titles"),
    [
        (
            "the ferry and the breakwater",
            {
                "Island ferry strikes breakwater in fog, injuring 31",
                "Thirty-one hurt as island ferry hits breakwater in fog",
            },
        ),
        (
            "Tannery Bridge repairs",
            {
                "Correction: Tannery Bridge repairs to cost $4.6 million, not $6.4 million",
                "Tannery Bridge repairs to cost $6.4 million, council told",
            },
        ),
    ],
)
def test_a_topic_across_articles(seeds: Library, topic: str, titles: set[str]) -> None:
    summary = seeds.summarize(about=topic, sentences=6)
    assert titles <= {article.title for article, _ in consistent(summary, seeds)}


def test_disagreeing_outlets_are_both_heard(seeds: Library) -> None:
    summary = seeds.summarize(about="march against the railway closure", sentences=5)
    consistent(summary, seeds)
    assert len({citation.publisher for citation in summary.citations}) > 1


def test_filters_go_with_the_topic(papers: Library) -> None:
    summary = papers.summarize(about="the valley railway", sentences=4, publisher="haldrenn courier")
    assert {article.publisher for article, _ in consistent(summary, papers)} == {"Haldrenn Courier"}
    old = papers.summarize(about="the valley railway", before=date(2020, 1, 1))
    assert (old.status, old.reason, old.text) == ("abstained", "filtered_out", "")


def test_exactly_one_of_article_and_topic(papers: Library) -> None:
    reference = papers.articles()[0].id
    for wrong in ({}, {"reference": reference, "about": "ferry"}, {"reference": "", "about": ""}):
        with pytest.raises(UserError, match=r"give one of them, not both|name what to summarize"):
            papers.summarize(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("topic", ["zzyzx", "a recipe for bread"])
def test_nothing_near_the_topic_is_an_abstention(seeds: Library, topic: str) -> None:
    summary = seeds.summarize(about=topic)
    assert (summary.status, summary.reason, summary.text, summary.citations) == ("abstained", "no_match", "", ())
    assert len(summary.nearest) == 3
    for citation in summary.nearest:
        article = seeds.article(citation.article_id, citation.version)
        assert article.text[citation.start : citation.end] == citation.quote


# Of articles made by hand -----------------------------------------------------------------

VOTE = "The council of Varrow voted on Monday to close the pool on Mill Street."
COST = "The mayor said that the pool cost the town too much money every year."
SONG = "Swimmers gathered outside the town hall and sang for two hours."


def summarized(article: Article, sentences: int = 8) -> list[str]:
    summary = summarize_article(article, sentences, EMBED, holding([article]))
    return [statement.text for statement in summary.statements]


def test_a_short_article_gives_what_it_has() -> None:
    assert summarized(story("a", f"{VOTE} {COST}")) == [VOTE, COST]
    assert summarized(story("a", f"{VOTE}\n\n{SONG} {COST}")) == [VOTE, SONG, COST]


@pytest.mark.parametrize("second", [VOTE, f"{VOTE[:-1]}!", VOTE.replace("voted on Monday", "on Monday voted")])
def test_what_an_article_says_twice_is_said_once(second: str) -> None:
    """As a standfirst and the first paragraph often do."""
    texts = summarized(story("a", f"{VOTE}\n\n{COST}\n\n{SONG}\n\n{second}"))
    assert (len(texts), {COST, SONG} <= set(texts)) == (3, True)


CLOSED = "Mill Street loses the pool that the council of Varrow closed."
RAIN = "Rain fell all morning over distant purple hills."
QUOTED = "“The council of Varrow closed the pool on Mill Street,” said a man."
THEY = "They closed the pool, as people in the town had asked."


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        # The news is said first, even where a later sentence shares more words with the rest.
        ([VOTE, CLOSED, SONG], [VOTE]),
        # What the article comes back to is said before what it mentions once.
        ([VOTE, RAIN, CLOSED], [VOTE, CLOSED]),
        # A quotation waits for a sentence that reports, and so does one that points back,
        ([VOTE, RAIN, QUOTED], [VOTE, RAIN]),
        ([VOTE, RAIN, THEY], [VOTE, RAIN]),
        # unless the sentence just before it is said.
        ([VOTE, QUOTED, RAIN], [VOTE, QUOTED]),
        ([VOTE, THEY, RAIN], [VOTE, THEY]),
    ],
)
def test_what_is_said_first(texts: list[str], expected: list[str]) -> None:
    """With an embedder to which no two sentences are alike, so that repetition plays no part."""
    article = story("a", " ".join(texts))
    summary = summarize_article(
        article, len(expected), lambda given: np.eye(len(given), dtype=np.float32), holding([article])
    )
    assert [statement.text for statement in summary.statements] == expected


@pytest.mark.parametrize("place", [0, 2, 4])
def test_what_is_about_another_matter_is_said_last(place: int) -> None:
    own = [VOTE, COST, CLOSED, SONG]
    article = story("a", " ".join([*own[:place], RAIN, *own[place:]]))

    def embed(given: Sequence[str]) -> NDArray[np.float32]:
        axes = np.eye(6, dtype=np.float32)
        return np.stack([axes[5] if text == RAIN else (axes[4] + axes[own.index(text)]) / 2**0.5 for text in given])

    for number, expected in ((4, set(own)), (5, {*own, RAIN})):
        summary = summarize_article(article, number, embed, holding([article]))
        assert {statement.text for statement in summary.statements} == expected


def test_headlines_scraps_and_parts_of_a_quotation_are_left_out() -> None:
    title = "Council closes the pool on Mill Street for good!"
    quotation = 'He said: "We looked at all the sums there are. We could not pay the bill."'
    text = "\n\n".join([title, "COUNCIL NEWS", VOTE, quotation, "No."])
    assert summarized(story("a", text, title=title)) == [VOTE]


def test_boilerplate_is_left_out() -> None:
    text = f"{VOTE}\n\n{SONG}\n\n{COST}"
    start = text.index(SONG)
    assert summarized(story("a", text, boilerplate=(Span(start, start + len(SONG)),))) == [VOTE, COST]


def test_an_article_of_scraps_is_an_abstention() -> None:
    article = story("a", "Yes. No. Perhaps.")
    assert summarize_article(article, 3, EMBED, holding([article])) == Summary(
        subject="A story", status="abstained", reason="not_stated"
    )


def test_an_article_that_is_gone_is_withheld() -> None:
    summary = summarize_article(story("a", f"{VOTE} {COST}"), 2, EMBED, lambda *_: None)
    assert (summary.status, summary.reason, summary.statements, summary.citations) == (
        "abstained",
        "not_stated",
        (),
        (),
    )
    assert [item.text for item in summary.withheld] == [VOTE, COST]


def test_a_very_long_article_is_summarized_from_start_to_end() -> None:
    text = "\n\n".join(
        f"Report number {number} tells of the harbour, the pilots and of ship {number * 7}." for number in range(900)
    )
    article = story("a", text)
    summary = summarize_article(article, 8, EMBED, holding([article]))
    assert len(summary.statements) == 8
    assert [citation.start for citation in summary.citations] == sorted(
        citation.start for citation in summary.citations
    )


def test_what_several_articles_say_is_said_once_with_all_of_them() -> None:
    articles = [
        story("a", f"{VOTE} {COST}", published=date(2024, 2, 2)),
        story("b", f"{SONG} {VOTE}", published=date(2024, 1, 1)),
        story("c", f"{VOTE}"),
    ]
    topic = question("the council, the mayor, the swimmers and the pool on Mill Street in the town of Varrow")
    summary = summarize_topic(topic, hits(*articles), 8, EMBED([topic.text])[0], EMBED, holding(articles))
    said = {statement.text: statement.citations for statement in summary.statements}
    assert {VOTE} < set(said) <= {VOTE, COST, SONG}
    assert {summary.citations[number - 1].article_id for number in said[VOTE]} == {article.id for article in articles}
    numbers = [citation.number for citation in summary.citations]
    assert numbers == list(range(1, len(said) + 3)) == [number for cited in said.values() for number in cited]


def test_dated_articles_come_before_undated_ones_and_old_before_new() -> None:
    articles = [
        story("a", VOTE, published=date(2024, 2, 2)),
        story("b", SONG, published=date(2023, 1, 1)),
        story("c", COST),
    ]
    topic = question("the pool and the swimmers of the town of Varrow")
    summary = summarize_topic(topic, hits(*articles), 3, EMBED([topic.text])[0], EMBED, holding(articles))
    assert [statement.text for statement in summary.statements] == [SONG, VOTE, COST]
