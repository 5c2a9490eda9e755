"""An answer as a chat message: it reads well, says all, and nothing of an article is markup in it."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rag.showing import one_line
from rag.surfaces.http.openai_text import after_statements, escaped, marked, message, said
from rag.types import Answer, Citation, Conflict, ConflictValue, Statement, Withheld

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def cite(number: int, quote: str, **values: object) -> Citation:
    plain = Citation(
        number=number,
        article_id="a" * 12,
        version="b" * 12,
        title="Bridge to cost $4.6 million",
        publisher="Skelbray Post",
        author=None,
        published=date(2025, 7, 10),
        published_from="metadata",
        url="https://post.example/bridge",
        start=0,
        end=len(quote),
        quote=quote,
    )
    return replace(plain, **values)  # type: ignore[arg-type]


ANSWER = Answer(
    question="What will the bridge cost?",
    status="answered",
    statements=(
        Statement("It will cost $4.6 million.", (1, 2), "verified", ""),
        Statement("Work starts in spring.", (3,), "partial", "not all of it stands in one sentence"),
    ),
    conflicts=(Conflict("the cost", (ConflictValue("$4.6 million", (1,)), ConflictValue("5 million", (3,)))),),
    citations=(
        cite(1, "The repair will cost $4.6 million."),
        cite(2, "That is $4.6 million in all."),
        cite(3, "About 5 million, and work\nin spring.", article_id="c" * 12, url=None, title="Other", publisher=None),
    ),
    withheld=(Withheld("It cost 30.", "the quoted passage says 3, not 30"),),
    engine="generative",
    model="small_model",
    notice="one call was repeated",
)
TEXT = """\
It will cost $4.6 million. [1] [2] Work starts in spring. [3] *(partly confirmed)*

*Partly confirmed: not all of it stands in one sentence.*

**The articles disagree** on the cost:

- $4.6 million [1]
- 5 million [3]

**Sources**

[1] [Bridge to cost $4.6 million](https://post.example/bridge) — Skelbray Post, 10 July 2025
> The repair will cost $4.6 million.

[2] the same article as [1]
> That is $4.6 million in all.

[3] Other — 10 July 2025
> About 5 million, and work in spring.

**Withheld**, because the articles do not bear it out:

- It cost 30. *(the quoted passage says 3, not 30)*

*Written by small\\_model from the articles above.*

*one call was repeated*"""

ABSTAINED = Answer(
    question="Who?",
    status="abstained",
    reason="not_stated",
    nearest=(
        cite(1, "The repair will cost $4.6 million."),
        cite(2, "That is all."),
        cite(3, "Nothing.", article_id="c" * 12, title="Other", url=None, publisher=None, published=None),
        cite(4, "Before that."),
    ),
)


def test_an_answer_is_said_with_its_sources_and_all_that_is_to_be_known() -> None:
    assert message(ANSWER) == TEXT
    pieces = [marked(statement) for statement in ANSWER.statements]
    assert pieces == ["It will cost $4.6 million. [1] [2]", "Work starts in spring. [3] *(partly confirmed)*"]
    assert " ".join(pieces) + after_statements(ANSWER) == TEXT


def test_an_abstention_says_so_and_shows_what_comes_nearest() -> None:
    assert message(ABSTAINED) == (
        "The articles do not say.\n\n"
        "**Closest passages**\n\n"
        "[Bridge to cost $4.6 million](https://post.example/bridge) — Skelbray Post, 10 July 2025\n"
        "> The repair will cost $4.6 million.\n\n"
        "the same article\n"
        "> That is all.\n\n"
        "Other — undated\n"
        "> Nothing.\n\n"
        "again Bridge to cost $4.6 million\n"
        "> Before that."
    )
    empty = Answer(question="Who?", status="abstained", reason="empty_library")
    assert message(empty) == "The library is empty. Add articles with: rag add PATH-OR-URL"


def test_what_was_said_is_found_again_in_an_earlier_message() -> None:
    assert said(message(ANSWER)) == ANSWER.text
    assert said(message(ABSTAINED)) == ""
    odd = replace(ANSWER, statements=(Statement("*A* [1] <b> & co. cost \\$x.", (1,), "verified", ""),))
    assert said(message(odd)) == odd.text
    assert said("What another wrote.\n\n# And more") == "What another wrote."
    assert said("") == ""


def shown(markdown: str) -> str:
    """The text that a reader of the rendered Markdown sees, and what it is put in."""
    return str(MARKDOWN.render(markdown))


def as_it_is(text: str) -> str:
    """What is rendered where nothing in `text` is markup."""
    whole = html.escape(one_line(text)).replace("&#x27;", "'")
    return f"<p>{whole}</p>\n" if whole else ""


HOSTILE = [
    "# Heading",
    "- item",
    "+ item",
    "1. item",
    "12) item",
    "> quote",
    "***",
    "---",
    "===",
    "    code",
    "```\ncode\n```",
    "`code`",
    "**bold** and _it_ and __b__",
    "~~gone~~",
    "[link](https://evil.example) and ![i](https://evil.example/x.png)",
    "[1]: https://evil.example",
    "[^1]: note",
    "see [1] and [2]",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<https://evil.example>",
    "<!-- hidden",
    "<think>secret</think>",
    "&lt;b&gt; &amp; &#60; &copy; AT&T",
    "back\\slash \\* \\",
    "a | b\n--|--\n1 | 2",
    "$x^2$ costs $5",
    "\\(x\\) \\[y\\]",
    "end with two spaces  \nand a break",
    "\x1b[31mred\u202e turned",
    "line\u2028separator",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_markup(text: str) -> None:
    assert shown(escaped(text)) == as_it_is(text)


@given(st.text(alphabet=st.sampled_from("ab1 \n\t.,:;!?#*_`~[]()<>&\\/|-+='\"$@^{}%wé"), max_size=40))
def test_no_text_at_all_is_markup(text: str) -> None:
    assert shown(escaped(text)) == as_it_is(text)
    in_title = replace(ANSWER.citations[0], title=text or "x", url=None)
    rendered = shown(message(replace(ANSWER, citations=(in_title,), notice=None)))
    assert not re.search(r"<(?!/?(?:p|em|strong|ul|li|blockquote)>)", rendered)


def test_nothing_becomes_a_link_by_itself() -> None:
    text = "See https://evil.example, www.evil.example or mail a.b@evil.example for 5 @ 3."
    assert escaped(text) == "See https\\://evil.example, www\\.evil.example or mail a.b\\@evil.example for 5 @ 3."


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://x.example/a_(b)?q=1&r=2#f", "(https://x.example/a_%28b%29?q=1&r=2#f)"),
        ("https://x.example/) [y](javascript:alert(1)", "(https://x.example/%29%20%5By%5D%28javascript:alert%281%29)"),
        ('https://x.example/"><script>', "(https://x.example/%22%3E%3Cscript%3E)"),
        ("https://x.example/\n\n# x", "(https://x.example/%0A%0A#%20x)"),
        ("https://x.example/?a=1&copy;=2&lt=3", "(https://x.example/?a=1&copy%3B=2&lt=3)"),
        ("https://bücher.example/ä", "(https://b%C3%BCcher.example/%C3%A4)"),
        ("javascript:alert(1)", None),
        ("data:text/html,<script>", None),
        ("", None),
    ],
)
def test_only_web_addresses_are_links_and_none_leaves_its_brackets(url: str, link: str | None) -> None:
    one = replace(ANSWER, citations=(replace(ANSWER.citations[0], url=url),), conflicts=(), notice=None)
    text = message(one)
    heading = next(line for line in text.splitlines() if line.startswith("[1] "))
    title = "Bridge to cost $4.6 million"
    assert heading == (f"[1] [{title}]{link}" if link else f"[1] {title}") + " — Skelbray Post, 10 July 2025"
    assert shown(text).count("<a ") == (1 if link else 0)
