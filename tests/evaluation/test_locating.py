"""Gold passages in the articles of a library."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rag import Library, Span
from rag.errors import UserError
from rag.evaluation.cases import Case, Expected, GoldPassage, GoldTurn, SummaryRequest
from rag.evaluation.locating import Place, Shelf, locate

STORY = "---\ntitle: The flood\nurl: https://example.org/flood\n---\n\nThe river rose. It said “no” twice.\n"


@pytest.fixture
def flooded(library: Library, tmp_path: Path) -> Library:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    (tmp_path / "one" / "flood.md").write_text(STORY, encoding="utf-8")
    (tmp_path / "two" / "fire.txt").write_text("The fire\n\nThe mill burned.", encoding="utf-8")
    assert not library.add(
        [tmp_path / "one", tmp_path / "two", {"id": "gale", "title": "Gale", "text": "It blew."}]
    ).failed
    return library


def case(*passages: GoldPassage, line: int = 7, summary: SummaryRequest | None = None) -> Case:
    turns = (GoldTurn("What?", Expected(cite=tuple((passage,) for passage in passages))),)
    return Case(id="a", file="gold.jsonl", line=line, turns=() if summary else turns, summary=summary)


def refused(library: Library, *cases: Case) -> str:
    with pytest.raises(UserError) as caught:
        locate(cases, library)
    return str(caught.value)


def test_an_article_by_each_of_its_names(flooded: Library, tmp_path: Path) -> None:
    flood = flooded.article("https://example.org/flood")
    shelf = Shelf(flooded)
    names = [flood.id, "https://example.org/flood", str(tmp_path / "one" / "flood.md"), "The flood", "flood.md"]
    assert [shelf.article(name) for name in [*names, "one/flood.md", flood.id[:6]]] == [flood] * 7
    assert shelf.article("gale").title == "Gale"


def test_the_article_that_a_case_is_about_must_be_there(flooded: Library) -> None:
    unsaid = replace(case(), turns=(GoldTurn("Who?", Expected(abstain=True)),))
    assert locate([replace(unsaid, about="flood.md")], flooded) == {}
    assert refused(flooded, replace(unsaid, about="drought.md")) == (
        "the gold does not fit the articles: gold.jsonl, line 7: a: there is no article 'drought.md': name it by its "
        "id, URL, title or file name"
    )


def test_passages_stand_where_their_words_are(flooded: Library) -> None:
    flood = flooded.article("https://example.org/flood")
    at = flood.text.index("river")
    quoted = GoldPassage("flood.md", quote="river rose")
    offsets = GoldPassage("The flood", start=at, end=at + 10, words="river")
    loose = GoldPassage("flood.md", quote='it said "no"')
    assert locate([case(quoted, offsets, loose)], flooded) == {
        quoted: Place(flood, Span(at, at + 10)),
        offsets: Place(flood, Span(at, at + 10)),
        loose: Place(flood, Span(flood.text.index("It said"), flood.text.index(" twice"))),
    }
    assert Place(flood, Span(at, at + 10)).quote == "river rose"


@pytest.mark.parametrize(
    ("passage", "said"),
    [
        (GoldPassage("none.md", quote="a"), "there is no article 'none.md': name it by its id, URL, title or"),
        (GoldPassage("flood.md", quote="river fell"), "'river fell' does not stand in 'flood.md'"),
        (GoldPassage("flood.md", quote="e"), "'e' stands in 'flood.md' more than once: quote more words"),
        (GoldPassage("gale", start=0, end=99), "'gale' has 8 characters, and the passage ends at 99"),
        (GoldPassage("gale", start=0, end=7, words="It snowed"), "not 'It snowed'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_with_its_case(flooded: Library, passage: GoldPassage, said: str) -> None:
    message = refused(flooded, case(passage))
    assert message.startswith("the gold does not fit the articles: gold.jsonl, line 7: a: ")
    assert said in message


def test_two_articles_of_one_name(flooded: Library, tmp_path: Path) -> None:
    (tmp_path / "two" / "flood.md").write_text("Another one.", encoding="utf-8")
    flooded.add(tmp_path / "two" / "flood.md")
    message = refused(flooded, case(GoldPassage("flood.md", quote="Another")))
    assert message.endswith("2 articles are 'flood.md': name one by its id or URL")
    assert Shelf(flooded).article("two/flood.md").text.endswith("Another one.")


def test_an_article_to_summarize_must_be_there(flooded: Library) -> None:
    assert locate([case(summary=SummaryRequest("flood.md", None, 3))], flooded) == {}
    assert locate([case(summary=SummaryRequest(None, "floods", 3))], flooded) == {}
    assert "there is no article 'none.md'" in refused(flooded, case(summary=SummaryRequest("none.md", None, 3)))


def test_the_first_ten_mistakes_are_said(flooded: Library) -> None:
    wrong = [case(GoldPassage(f"none-{number}.md", quote="a"), line=number) for number in range(12)]
    message = refused(flooded, *wrong)
    assert [f"line {number}: a: " in message for number in range(12)] == [*[True] * 10, False, False]
    assert message.endswith("; and 2 more")
