"""How answers look, as whole pages of plain text: in a terminal they differ only in wrapping and colour."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from rag.surfaces import render
from rag.surfaces.layout import plain
from rag.types import (
    Answer,
    Article,
    Chunk,
    Citation,
    Conflict,
    ConflictValue,
    Hit,
    Reason,
    Span,
    Statement,
    Summary,
    Withheld,
)

MARCH = Article.create(
    key="https://courier.example/march",
    text="About 6,500 people marched on Saturday, the police said.\n\nOfficers arrested nine people.",
    title="Thousands march to keep the valley railway",
    publisher="Haldrenn Courier",
    published=date(2025, 10, 19),
    published_from="metadata",
    url="https://courier.example/march",
    source="https://courier.example/march",
)
LOCAL = Article.create(
    key="/news/march.txt",
    text="Some 20,000 people marched, the organisers said.",
    title="Twenty thousand\nof us",
    published=date(2025, 10, 2),
    published_from="text",
    source="news/march.txt",
)


def cite(article: Article, words: str, number: int) -> Citation:
    start = article.text.index(words)
    return Citation.of(article, Span(start, start + len(words)), number)


POLICE = cite(MARCH, "About 6,500 people marched on Saturday, the police said.", 1)
ORGANISERS = cite(LOCAL, "Some 20,000 people marched, the organisers said.", 2)
ARRESTS = cite(MARCH, "Officers arrested nine people.", 3)

ANSWER = Answer(
    question="How many people marched?",
    status="answered",
    statements=(
        Statement(POLICE.quote, (1,), "verified", ""),
        Statement("The organisers counted 20,000,\nand nine were arrested.", (2, 3), "partial", ""),
    ),
    citations=(POLICE, ORGANISERS, ARRESTS),
)


def shown(reply: Answer | Summary) -> str:
    return plain(render.reply(reply, _source))


def _source(citation: Citation) -> str | None:
    return LOCAL.source if citation.article_id == LOCAL.id else None


def strong(reply: Answer | Summary) -> list[str]:
    return [
        piece.text
        for paragraph in render.reply(reply, _source)
        for piece in paragraph.pieces
        if piece.style == "strong"
    ]


def test_an_answer() -> None:
    assert (
        shown(ANSWER)
        == f"""\
About 6,500 people marched on Saturday, the police said. [1] \
The organisers counted 20,000, and nine were arrested. [2] [3] (partly confirmed)

[1] Thousands march to keep the valley railway — Haldrenn Courier, 19 October 2025
    About 6,500 people marched on Saturday, the police said.
    article {MARCH.id}, characters 0–56
    https://courier.example/march

[2] Twenty thousand of us — 2 October 2025 (date from the text)
    Some 20,000 people marched, the organisers said.
    article {LOCAL.id}, characters 0–48
    news/march.txt

[3] the same article as [1], characters 58–88
    Officers arrested nine people.
"""
    )
    assert strong(ANSWER) == ["6,500 people marched", "20,000 people marched", "nine people"]


def test_the_paragraph_on_top_is_the_text_of_the_answer() -> None:
    first = shown(ANSWER).splitlines()[0]
    assert first.replace(" (partly confirmed)", "") == " ".join(ANSWER.text.split())


def test_a_summary_of_one_article_names_it_once() -> None:
    summary = Summary(
        subject=MARCH.title,
        status="answered",
        statements=(
            Statement(POLICE.quote, (1,), "verified", ""),
            Statement(ARRESTS.quote, (2,), "verified", ""),
        ),
        citations=(POLICE, replace(ARRESTS, number=2)),
    )
    assert (
        shown(summary)
        == f"""\
About 6,500 people marched on Saturday, the police said. [1] Officers arrested nine people. [2]

[1] Thousands march to keep the valley railway — Haldrenn Courier, 19 October 2025
    About 6,500 people marched on Saturday, the police said.
    article {MARCH.id}, characters 0–56
    https://courier.example/march
[2] the same article as [1], characters 58–88
    Officers arrested nine people.
"""
    )


def test_conflicts_and_what_was_withheld() -> None:
    conflict = Conflict("how many marched", (ConflictValue("6,500", (1,)), ConflictValue("20,000", (2, 3))))
    withheld = Withheld("Thirty were hurt.", "the quoted passage says 3, not 30")
    answer = replace(ANSWER, conflicts=(conflict,), withheld=(withheld,))
    sources = shown(ANSWER).partition("\n\n")[2]
    assert shown(answer).partition("\n\n")[2] == (
        "The articles disagree on how many marched:\n    6,500 [1]\n    20,000 [2] [3]\n\n"
        + sources
        + "\nWithheld, because the articles do not bear it out:\n    Thirty were hurt.\n"
        "      the quoted passage says 3, not 30\n"
    )


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        ("empty_library", "The library is empty. Add articles with: rag add PATH-OR-URL\n"),
        ("no_match", "Nothing in the articles matches.\n"),
        ("filtered_out", "No article passes the filter.\n"),
        ("not_stated", "The articles do not say.\n"),
    ],
)
def test_an_abstention_gives_its_reason(reason: Reason, line: str) -> None:
    assert shown(Answer(question="Why?", status="abstained", reason=reason)) == line


def test_an_abstention_shows_the_closest_passages() -> None:
    answer = Answer(
        question="Why did they march?", status="abstained", reason="not_stated", nearest=(ORGANISERS, POLICE, ARRESTS)
    )
    assert (
        shown(answer)
        == f"""\
The articles do not say.

Closest passages:

- Twenty thousand of us — 2 October 2025 (date from the text)
  Some 20,000 people marched, the organisers said.
  article {LOCAL.id}, characters 0–48
  news/march.txt

- Thousands march to keep the valley railway — Haldrenn Courier, 19 October 2025
  About 6,500 people marched on Saturday, the police said.
  article {MARCH.id}, characters 0–56
  https://courier.example/march
- the same article, characters 58–88
  Officers arrested nine people.
"""
    )


def test_an_answer_written_by_a_model_says_so() -> None:
    answer = replace(ANSWER, engine="generative", model="some-model")
    assert shown(answer) == shown(ANSWER) + "\nWritten by some-model from the articles above.\n"


@pytest.mark.parametrize(
    ("publisher", "published", "published_from", "line"),
    [
        ("A", date(2024, 2, 2), "metadata", "A, 2 February 2024"),
        ("A", date(2024, 2, 2), "url", "A, 2 February 2024 (date from the address)"),
        (None, date(2024, 2, 2), "text", "2 February 2024 (date from the text)"),
        ("A", None, "unknown", "A, undated"),
        (None, None, "unknown", "undated"),
    ],
)
def test_byline(publisher: str | None, published: date | None, published_from: str, line: str) -> None:
    assert render.byline(publisher, published, published_from) == line  # type: ignore[arg-type]


def hit(article: Article, start: int, end: int, context: Span) -> Hit:
    sentences = (Span(0, 56), Span(58, 88))
    held = tuple(span for span in sentences if start <= span.start and span.end <= end)
    chunk = Chunk(article.id, article.version, 0, start, end, article.text[start:end], held)
    return Hit(article, chunk, 0.875, 0.5, 2.0, context)


def test_hits_in_full() -> None:
    found = [hit(MARCH, 0, 88, Span(0, 88)), hit(MARCH, 58, 88, Span(0, 88))]
    head = "Thousands march to keep the valley railway — Haldrenn Courier, 19 October 2025"
    assert (
        plain(render.hits("arrests", found, in_full=True))
        == f"""\
0.88  {head}
      About 6,500 people marched on Saturday, the police said.

      Officers arrested nine people.
      article {MARCH.id}, characters 0–88

0.88  {head}
      Officers arrested nine people.
      article {MARCH.id}, characters 58–88
"""
    )


def test_an_excerpt_begins_where_what_was_sought_stands() -> None:
    found = [hit(MARCH, 0, 88, Span(0, 88))]
    excerpts = {
        query: plain(render.hits(query, found, in_full=False)).splitlines()[1] for query in ("arrests", "march")
    }
    assert excerpts == {
        "arrests": "      … Officers arrested nine people.",
        "march": "      About 6,500 people marched on Saturday, the police said. Officers arrested nine people.",
    }
