"""The first check on every statement: what it quotes stands where it says, and is what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import Article, Citation, Span
from rag.grounding.verbatim import check_verbatim, squeeze

TEXT = "The council met on Monday. It approved\na budget of 4 million. The mayor was absent."
ARTICLE = Article.create(key="k", text=TEXT, title="t", source="s")
GERMAN = Article.create(key="de", text="Der Rat tagte am Montag.", title="t", source="s", language="de")
FRENCH = Article.create(key="fr", text="Le conseil s’est réuni.", title="t", source="s", language="fr")
Lookup = Callable[[str, str], Article | None]


def lookup(*articles: Article) -> Lookup:
    held = {(article.id, article.version): article for article in articles}
    return lambda article_id, version: held.get((article_id, version))


def cite(article: Article = ARTICLE, start: int = 0, end: int = 26, number: int = 1) -> Citation:
    return Citation.of(article, Span(start, end), number)


def test_the_articles_own_words() -> None:
    assert check_verbatim("The council met on Monday.", [cite()], lookup(ARTICLE)) == (
        "verified",
        "the article's own words",
    )
    # Lines in the article are white space in the statement.
    assert (
        check_verbatim("It approved a budget of 4 million.", [cite(start=27, end=61)], lookup(ARTICLE))[0] == "verified"
    )


@pytest.mark.parametrize(
    "text",
    [
        "The council met on Tuesday.",
        "The council met on Monday",
        "the council met on Monday.",
        "The council met on  Monday.",
        "council met on Monday.",
        "",
    ],
)
def test_other_words_are_not_supported(text: str) -> None:
    assert check_verbatim(text, [cite()], lookup(ARTICLE)) == (
        "unsupported",
        "the statement is not what the article says word for word",
    )


def test_no_citation_is_no_support() -> None:
    assert check_verbatim("The council met on Monday.", [], lookup(ARTICLE))[0] == "unsupported"


@pytest.mark.parametrize(
    "wrong",
    [
        replace(cite(), quote="The council met on Sunday."),
        replace(cite(), start=1),
        replace(cite(), end=25),
        replace(cite(), start=1, end=27),
        replace(cite(), start=0, end=0, quote=""),
        replace(cite(), start=1000, end=1026),
    ],
    ids=["quote", "start", "end", "shifted", "empty", "beyond"],
)
def test_a_quote_that_does_not_stand_there_is_not_supported(wrong: Citation) -> None:
    expected = ("unsupported", "the quote does not stand at its place in the article")
    assert check_verbatim("The council met on Monday.", [wrong], lookup(ARTICLE)) == expected
    # Nor behind a right one: each citation must hold.
    assert check_verbatim("The council met on Monday.", [cite(), wrong], lookup(ARTICLE)) == expected


def test_an_article_that_is_gone_or_changed_supports_nothing() -> None:
    text = "The council met on Monday."
    gone = ("unsupported", "the cited version of the article is not there")
    assert check_verbatim(text, [cite()], lookup()) == gone
    later = Article.create(key="k", text=TEXT + " More.", title="t", source="s")
    assert check_verbatim(text, [cite()], lookup(later)) == gone
    assert check_verbatim(text, [cite(), cite(later, number=2)], lookup(ARTICLE)) == gone
    other = replace(ARTICLE, text=TEXT.replace("Monday", "Sunday"))
    assert check_verbatim(text, [cite()], lambda *_: other)[0] == "unsupported"


def test_the_first_citation_is_the_statement() -> None:
    """The others say the same in other words; their quotes are checked, not their wording."""
    twin = Article.create(key="twin", text="The council has met on Monday.", title="t", source="s")
    both = [cite(), cite(twin, 0, 30, 2)]
    assert check_verbatim("The council met on Monday.", both, lookup(ARTICLE, twin))[0] == "verified"
    assert check_verbatim("The council has met on Monday.", both, lookup(ARTICLE, twin))[0] == "unsupported"


def test_another_language_is_quoted_and_no_more_is_claimed() -> None:
    assert check_verbatim(GERMAN.text, [cite(GERMAN, 0, 24)], lookup(GERMAN)) == (
        "partial",
        "the article's own words, in a language the checks do not read (de)",
    )
    both = [cite(FRENCH, 0, 23), cite(GERMAN, 0, 24, 2), cite(number=3)]
    assert check_verbatim(FRENCH.text, both, lookup(FRENCH, GERMAN, ARTICLE)) == (
        "partial",
        "the article's own words, in a language the checks do not read (de, fr)",
    )


@given(st.text(), st.integers(0, 50), st.integers(0, 50))
def test_only_the_words_at_the_place_are_verified(text: str, start: int, end: int) -> None:
    article = Article.create(key="k", text=text, title="t", source="s")
    cited = cite(article, start, end)
    support, _ = check_verbatim(squeeze(cited.quote), [cited], lookup(article))
    if not cited.quote:
        assert support == "unsupported"
    elif cited.quote.strip():
        assert support == "verified"
        assert check_verbatim(squeeze(cited.quote) + "x", [cited], lookup(article))[0] == "unsupported"


@given(st.text())
def test_squeeze_changes_white_space_alone(text: str) -> None:
    assert squeeze(text).split() == text.split()
    assert squeeze(squeeze(text)) == squeeze(text) == " ".join(text.split())
