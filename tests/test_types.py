"""What flows: the shape of each value on the way out, and what identifies an article."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
    UserError,
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


WORDS = st.text(st.characters() | st.sampled_from("\ud800\x00\n“”😀"), max_size=12)
MAYBE = st.none() | WORDS
COUNTS = st.integers(0, 10**30)


@st.composite
def citations(draw: st.DrawFn, number: int) -> Citation:
    quote, start = draw(WORDS), draw(COUNTS)
    return Citation(
        number=number,
        article_id=draw(WORDS),
        version=draw(WORDS),
        title=draw(WORDS),
        publisher=draw(MAYBE),
        author=draw(MAYBE),
        published=draw(st.none() | st.dates()),
        published_from=draw(st.sampled_from(["metadata", "url", "text", "unknown"])),
        url=draw(MAYBE),
        start=start,
        end=start + len(quote),
        quote=quote,
    )


@st.composite
def replies(draw: st.DrawFn) -> dict[str, Any]:
    numbers = draw(st.lists(st.integers(), unique=True, max_size=4))
    some = st.lists(st.sampled_from(numbers), max_size=3).map(tuple) if numbers else st.just(())
    values = st.builds(ConflictValue, WORDS, some)
    supports = st.sampled_from(["verified", "partial", "unsupported"])
    statements = st.builds(Statement, WORDS, some.filter(bool), supports, WORDS)
    return {
        "status": draw(st.sampled_from(["answered", "abstained"])),
        "reason": draw(st.none() | st.sampled_from(["empty_library", "no_match", "filtered_out", "not_stated"])),
        "nearest": tuple(draw(citations(number)) for number in draw(st.lists(st.integers(), max_size=2))),
        "statements": tuple(draw(st.lists(statements, max_size=3))) if numbers else (),
        "withheld": tuple(draw(st.lists(st.builds(Withheld, WORDS, WORDS), max_size=2))),
        "conflicts": tuple(
            draw(st.lists(st.builds(Conflict, WORDS, st.lists(values, max_size=2).map(tuple)), max_size=2))
        ),
        "citations": tuple(draw(citations(number)) for number in numbers),
        "engine": draw(st.sampled_from(["extractive", "generative"])),
        "model": draw(MAYBE),
        "prompt": draw(MAYBE),
        "notice": draw(MAYBE),
        "usage": draw(st.builds(Usage, COUNTS, COUNTS, st.none() | st.floats(0, allow_infinity=False))),
        "timings_ms": draw(st.builds(Timings, COUNTS, COUNTS)),
    }


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(replies(), WORDS)
def test_plain_values_become_the_value_again(fields: dict[str, Any], asked: str) -> None:
    for value in (Answer(question=asked, **fields), Summary(subject=asked, **fields)):
        plain = value.to_dict()
        found = type(value).from_dict(json.loads(json.dumps(plain)))
        assert found == value
        assert found.to_dict() == plain


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything inside `value`."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield (*path, key)
        yield from places(item, (*path, key))


PLAIN = Answer(question="How many?", **reply_fields()).to_dict()
OTHERS: list[Any] = [None, True, 3, -1, 10**400, 0.5, float("nan"), "", "2024-02-30", "20240202", [], [[]], {}, [3]]


def changed(path: tuple[Any, ...], other: Any) -> dict[str, Any]:
    plain = copy.deepcopy(PLAIN)
    holder: Any = plain
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = other
    return plain


def test_whatever_stands_anywhere_is_read_or_refused_in_one_line() -> None:
    refusals = []
    for path, other in product(places(PLAIN), OTHERS):
        try:
            found = Answer.from_dict(changed(path, other)).to_dict()
        except UserError as exc:
            refusals.append(str(exc))
        else:
            # The text is not read, and what is missing in an object takes its default.
            as_given = path == ("text",) or (other == {} and path in (("usage",), ("timings_ms",)))
            assert as_given or {**found, "text": ""} == {**changed(path, other), "text": ""}, (path, other)
    assert len(refusals) > 700
    assert all(line.startswith("this is no Answer that was written by rag: ") for line in refusals)
    assert all(line.isprintable() and len(line) < 200 for line in refusals)


@pytest.mark.parametrize(
    ("path", "other", "why"),
    [
        (("schema",), 2, "its schema is not 1"),
        (("schema",), "1", "its schema is not 1"),
        (("question",), None, "question is not text"),
        (("status",), "maybe", "status is none of answered, abstained"),
        (
            ("statements", 0, "support"),
            [],
            "statements[0].support is none of verified, partial, unsupported",
        ),
        (("statements", 1, "citations"), [3], "a statement refers to a citation that is not there"),
        (("statements", 1, "citations"), [], "a statement has no citation"),
        (("conflicts", 0, "values", 1, "citations"), [9], "a statement refers to a citation that is not there"),
        (("citations", 1, "number"), 1, "two citations have one number"),
        (("citations", 0, "end"), 47, "the quote of citations[0] does not fit its span"),
        (("nearest", 0, "quote"), "More", "the quote of nearest[0] does not fit its span"),
        (("citations", 0, "start"), True, "citations[0].start is not a whole number"),
        (("citations", 0, "published"), "2 February 2024", "citations[0].published is no date such as 2024-02-02"),
        (("citations", 0), "x", "citations[0] is no object"),
        (("citations",), "x", "citations is no list"),
        (("usage", "cost_usd"), "free", "usage.cost_usd is not a number"),
        (("timings_ms",), None, "timings_ms is no object"),
    ],
)
def test_what_is_refused_is_named(path: tuple[Any, ...], other: Any, why: str) -> None:
    with pytest.raises(UserError) as caught:
        Answer.from_dict(changed(path, other))
    assert str(caught.value) == f"this is no Answer that was written by rag: {why}"


SUMMARY = Summary(subject="x", status="answered").to_dict()


@pytest.mark.parametrize("foreign", [None, [], "x", 1, {}, {"schema": 1}, SUMMARY])
def test_what_is_foreign_is_refused(foreign: Any) -> None:
    with pytest.raises(
        UserError, match="^this is no Answer .*: (its schema is not 1|status is missing|question is missing)$"
    ):
        Answer.from_dict(foreign)


def test_a_citation_without_its_quote_is_refused() -> None:
    plain = copy.deepcopy(PLAIN)
    del plain["citations"][0]["quote"]
    with pytest.raises(UserError, match=r"citations\[0\].quote is missing$"):
        Answer.from_dict(plain)


def test_what_is_not_known_yet_is_passed_over_and_what_is_missing_takes_its_default() -> None:
    plain = copy.deepcopy(PLAIN)
    plain["usage"]["calls"] = plain["new"] = 7
    assert Answer.from_dict(plain) == Answer(question="How many?", **reply_fields())
    short = {"schema": 1, "question": "Why?", "status": "abstained", "reason": "no_match"}
    assert Answer.from_dict(short) == Answer(question="Why?", status="abstained", reason="no_match")


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
