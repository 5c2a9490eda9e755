"""What a notebook shows of an answer and a summary: all that is in them, and nothing of it as markup."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import Answer, Citation, Conflict, ConflictValue, Library, Statement, Summary, Withheld
from rag.showing import one_line

EVIL = """<script>alert(1)</script><img src=x onerror="alert(1)">' onmouseover='x' &amp; </div></mark>\x1b[31m\u202e"""


class Read(HTMLParser):
    """The elements and the text of HTML; one that is left open is an error."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.marked: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        self.attributes += attrs
        if tag == "mark":
            self.marked.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if "mark" in self.open:
            self.marked[-1] += data


def cite(number: int, quote: str, **values: Any) -> Citation:
    plain = Citation(
        number=number, article_id="a" * 12, version="b" * 12, title="Title", publisher="Post", author=None,
        published=None, published_from="unknown", url="https://post.example/a", start=0, end=len(quote), quote=quote,
    )  # fmt: skip
    return replace(plain, **values)


def hostile(text: str) -> Answer:
    """An answer in which `text` stands wherever words of others can."""
    cited = cite(1, text, title=text, publisher=text, url="https://x.example/" + text)
    return Answer(
        question=text,
        status="answered",
        statements=(Statement(text, (1,), "partial", text),),
        conflicts=(Conflict(text, (ConflictValue(text, (1,)),)),),
        citations=(cited,),
        withheld=(Withheld(text, text),),
        nearest=(replace(cited, url=text),),
        engine="generative",
        model=text,
        notice=text,
    )


def test_statements_have_their_chips_and_sources_their_quotes_highlighted(seeds: Library) -> None:
    answer = seeds.ask("How many people marched against the rail closure?")
    read = Read(answer._repr_html_())
    assert read.marked == [one_line(citation.quote) for citation in answer.citations]
    assert answer.statements[0].text + "1" in read.text
    assert "The articles disagree on how many people marched against the rail closure:" in read.text
    hints = [value for name, value in read.attributes if name == "title"]
    first = answer.citations[0]
    assert hints[0] == f"{first.title}: {first.quote}"[:300]
    assert ("href", first.url) in read.attributes
    assert f"article {first.article_id}, characters {first.start}–{first.end}" in read.text


def test_an_abstention_shows_the_nearest_passages_and_highlights_none(seeds: Library) -> None:
    answer = seeds.ask("What caused the fire at the furniture factory?")
    read = Read(answer._repr_html_())
    assert read.marked == []
    assert "The articles do not say." in read.text
    assert all(one_line(citation.quote) in read.text for citation in answer.nearest)


def test_a_summary_is_shown_alike(seeds: Library) -> None:
    summary = seeds.summarize(about="march against the railway closure", sentences=2)
    read = Read(summary._repr_html_())
    assert read.text.startswith("march against the railway closure")
    assert read.marked == [one_line(citation.quote) for citation in summary.citations]
    empty = Summary(subject="x", status="abstained", reason="empty_library")
    assert Read(empty._repr_html_()).text == "xThe library is empty. Add articles with: rag add PATH-OR-URL"


def test_all_that_is_to_be_known_is_shown() -> None:
    text = Read(hostile("WORDS")._repr_html_()).text
    wanted = [
        "Partly confirmed: WORDS.",
        "(partly confirmed)",
        "Withheld, because the articles do not bear it out:",
        "Written by WORDS from the articles above.",
        "Closest passages",
        "WORDS, undated",
    ]
    assert [words for words in wanted if words not in text] == []


ALLOWED = {"a", "blockquote", "div", "li", "mark", "p", "span", "strong", "ul"}


@pytest.mark.parametrize("text", [EVIL, "javascript:alert(1)", '"><svg onload=alert(1)>', "&lt;b&gt;", "a\u2028b\x00"])
def test_no_text_is_markup(text: str) -> None:
    html = hostile(text)._repr_html_()
    read = Read(html)
    assert set(read.tags) <= ALLOWED
    assert {name for name, _ in read.attributes} <= {"style", "title", "href", "rel", "target"}
    assert all((value or "").startswith("https://") for name, value in read.attributes if name == "href")
    assert read.marked == [one_line(text)]
    assert not {"\x1b", "\u202e", "\x00", "\u2028"} & set(html)


@given(st.text(alphabet=st.sampled_from("ab <>&\"'/=\\:;-!\n\t[]()#x%é"), min_size=1, max_size=30))
def test_no_text_at_all_is_markup(text: str) -> None:
    read = Read(hostile(text)._repr_html_())
    assert set(read.tags) <= ALLOWED
    assert read.marked == [one_line(text)] or not one_line(text)
