"""What flows: the shape of each value on the way out, and what identifies an article."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

import rag
from rag import (
    AddItem,
    AddReport,
    Answer,
    Article,
    ArticleInfo,
    Chunk,
    Citation,
    Conflict,
    ConflictValue,
    Filters,
    Hit,
    Span,
    Statement,
    Summary,
    Timings,
    Usage,
    Withheld,
)

TEXT = "Strikes hit Iraq. More than 85 sites were hit. Nobody spoke."
METADATA: dict[str, Any] = {
    "title": "Strikes",
    "publisher": "The Post",
    "author": "A. Reporter",
    "published": date(2024, 2, 2),
    "published_from": "metadata",
    "confidence": "high",
    "url": "https://post.example/strikes",
    "language": "en",
    "boilerplate": (Span(47, 60),),
}


def article(**changes: Any) -> Article:
    return Article.create(**{"key": "k", "text": TEXT, "source": "story.txt", **METADATA, **changes})


def reply_fields() -> dict[str, Any]:
    found = article()
    cited = Citation.of(found, Span(18, 46), 1)
    return {
        "status": "answered",
        "statements": (
            Statement("More than 85 sites were hit.", (1, 2), "verified", "the article's own words"),
            Statement("Strikes hit Iraq.", (2,), "partial", "another language"),
        ),
        "withheld": (Withheld("It hit 30.", "the quoted passage says 3, not 30"),),
        "conflicts": (Conflict("sites", (ConflictValue("85", (1,)), ConflictValue("80", (2,)))),),
        "citations": (cited, Citation.of(article(published=None, published_from="unknown"), Span(0, 17), 2)),
        "nearest": (cited,),
        "engine": "generative",
        "model": "m",
        "prompt": "answer@1",
        "notice": "the model was slow",
        "usage": Usage(3, 4, 0.5),
        "timings_ms": Timings(5, 6),
    }


def cited_as_json(**changes: Any) -> dict[str, Any]:
    found = article()
    return {
        "number": 1,
        "article_id": found.id,
        "version": found.version,
        "title": "Strikes",
        "publisher": "The Post",
        "author": "A. Reporter",
        "published": "2024-02-02",
        "published_from": "metadata",
        "url": "https://post.example/strikes",
        "start": 18,
        "end": 46,
        "quote": "More than 85 sites were hit.",
        **changes,
    }


def test_an_answer_as_json_is_the_contract() -> None:
    plain = Answer(question="How many?", **reply_fields()).to_dict()
    second = cited_as_json(
        number=2,
        version=article(published=None).version,
        published=None,
        published_from="unknown",
        start=0,
        end=17,
        quote="Strikes hit Iraq.",
    )
    expected = {
        "schema": 1,
        "question": "How many?",
        "status": "answered",
        "reason": None,
        "nearest": [cited_as_json()],
        "text": "More than 85 sites were hit. [1] [2] Strikes hit Iraq. [2]",
        "statements": [
            {
                "text": "More than 85 sites were hit.",
                "citations": [1, 2],
                "support": "verified",
                "check": "the article's own words",
            },
            {"text": "Strikes hit Iraq.", "citations": [2], "support": "partial", "check": "another language"},
        ],
        "withheld": [{"text": "It hit 30.", "check": "the quoted passage says 3, not 30"}],
        "conflicts": [
            {"about": "sites", "values": [{"value": "85", "citations": [1]}, {"value": "80", "citations": [2]}]}
        ],
        "citations": [cited_as_json(), second],
        "engine": "generative",
        "model": "m",
        "prompt": "answer@1",
        "notice": "the model was slow",
        "usage": {"input_tokens": 3, "output_tokens": 4, "cost_usd": 0.5},
        "timings_ms": {"retrieve": 5, "answer": 6},
    }
    assert plain == expected
    assert list(plain) == list(expected)
    assert list(plain["citations"][0]) == list(cited_as_json())
    assert json.loads(json.dumps(plain)) == plain


def test_a_summary_has_the_fields_of_an_answer_and_its_subject() -> None:
    summary, answer = (
        Summary(subject="Strikes", **reply_fields()).to_dict(),
        Answer(question="Strikes", **reply_fields()).to_dict(),
    )
    assert [name if name != "subject" else "question" for name in summary] == list(answer)
    assert summary.pop("subject") == answer.pop("question")
    assert summary == answer


def test_an_abstention_says_nothing() -> None:
    abstained = Answer(question="Why?", status="abstained", reason="empty_library")
    assert abstained.to_dict() == {
        "schema": 1,
        "question": "Why?",
        "status": "abstained",
        "reason": "empty_library",
        "nearest": [],
        "text": "",
        "statements": [],
        "withheld": [],
        "conflicts": [],
        "citations": [],
        "engine": "extractive",
        "model": None,
        "prompt": None,
        "notice": None,
        "usage": {"input_tokens": 0, "output_tokens": 0, "cost_usd": None},
        "timings_ms": {"retrieve": 0, "answer": 0},
    }


def test_a_citation_quotes_the_article_itself() -> None:
    found = article(text="Zoë 😀 said: “No.” Then left.", boilerplate=())
    cited = Citation.of(found, Span(4, 18), 7)
    assert (cited.number, cited.quote, cited.start, cited.end) == (7, "😀 said: “No.” ", 4, 18)
    assert found.text[cited.start : cited.end] == cited.quote


def test_an_article_is_named_by_its_key_alone() -> None:
    first = article()
    assert {first.id, article(text="Other.", title="Other", source="other.txt", boilerplate=()).id} == {first.id}
    assert article(key="other").id != first.id
    assert (len(first.id), first.id.isalnum(), len(first.version)) == (12, True, 12)


@pytest.mark.parametrize(
    "change",
    [
        {"text": TEXT + " More."},
        {"title": "Other"},
        {"publisher": None},
        {"author": "Another"},
        {"published": date(2024, 2, 3)},
        {"published": None},
        {"url": None},
        {"language": "de"},
        {"boilerplate": ()},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_version_is_the_state_of_text_and_metadata(change: dict[str, Any]) -> None:
    assert article(**change).version != article().version


@pytest.mark.parametrize("change", [{"key": "other"}, {"source": "moved.txt"}], ids=["key", "source"])
def test_where_it_was_found_makes_no_version(change: dict[str, Any]) -> None:
    assert article(**change).version == article().version


def test_a_chunk_has_a_key_of_its_own() -> None:
    assert Chunk("article", "version", 3, 0, 4, "Text", (Span(0, 4),)).id == "article:version:3"


def test_a_hit_as_json() -> None:
    found = article()
    chunk = Chunk(found.id, found.version, 0, 18, 46, TEXT[18:46], (Span(18, 46),))
    plain = Hit(found, chunk, 0.123456, 0.5, 2.00009, Span(0, 46)).to_dict()
    cited = cited_as_json()
    del cited["number"]
    assert plain == {**cited, "score": 0.1235, "dense": 0.5, "lexical": 2.0001}
    assert json.loads(json.dumps(plain)) == plain


def test_a_report_counts_and_names() -> None:
    bad = AddItem("b.txt", "failed", reason="is empty")
    report = AddReport((AddItem("a.txt", "added", "id", "A", 2), bad, AddItem("c.txt", "unchanged", "id3", "C")))
    assert report.failed == (bad,)
    assert report.to_dict() == {
        "schema": 1,
        "added": 1,
        "updated": 0,
        "unchanged": 1,
        "failed": 1,
        "skipped": 0,
        "items": [
            {"source": "a.txt", "status": "added", "article_id": "id", "title": "A", "chunks": 2, "reason": None},
            {
                "source": "b.txt",
                "status": "failed",
                "article_id": None,
                "title": None,
                "chunks": 0,
                "reason": "is empty",
            },
            {
                "source": "c.txt",
                "status": "unchanged",
                "article_id": "id3",
                "title": "C",
                "chunks": 0,
                "reason": None,
            },
        ],
    }


def test_a_line_of_a_listing_as_json() -> None:
    info = ArticleInfo(
        id="i",
        version="v",
        title="T",
        publisher=None,
        author=None,
        published=date(2024, 2, 2),
        published_from="url",
        confidence="medium",
        url=None,
        source="s",
        language="en",
        characters=10,
        chunks=1,
        versions=2,
        added=datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC),
    )
    assert info.to_dict() == {
        "id": "i",
        "version": "v",
        "title": "T",
        "publisher": None,
        "author": None,
        "published": "2024-02-02",
        "published_from": "url",
        "confidence": "medium",
        "url": None,
        "source": "s",
        "language": "en",
        "characters": 10,
        "chunks": 1,
        "versions": 2,
        "added": "2024-02-03T04:05:06+00:00",
    }


def test_filters_are_true_when_they_filter() -> None:
    assert not Filters()
    assert all([Filters(publisher=""), Filters(after=date(2024, 1, 1)), Filters(before=date(2024, 1, 1))])


@pytest.mark.parametrize("name", [name for name in rag.__all__ if dataclasses.is_dataclass(getattr(rag, name))])
def test_what_flows_is_frozen(name: str) -> None:
    kind = getattr(rag, name)
    assert kind.__dataclass_params__.frozen
    assert "__dict__" not in dir(kind)
