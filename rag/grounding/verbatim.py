"""The first check on every statement: its citations point at exactly the words they quote."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rag.types import Article, Citation, Support

CHECKED_LANGUAGES = frozenset({"en"})
"""The languages that the checks read. Articles in others are quoted, and no more is claimed."""
OWN_WORDS = "the article's own words"
"""How the verdict on a statement begins that no model wrote."""


def check_verbatim(
    text: str, citations: Sequence[Citation], lookup: Callable[[str, str], Article | None]
) -> tuple[Support, str]:
    """Judge a statement that claims to be an article's own words; returns the verdict and why.

    `lookup` gives the article of an id and version as it stands in the library now. Verified
    when every quote stands at its offsets, and the first one, white space apart, is the statement.
    """
    articles = [lookup(citation.article_id, citation.version) for citation in citations]
    for citation, article in zip(citations, articles, strict=True):
        if article is None:
            return "unsupported", "the cited version of the article is not there"
        if not citation.quote or article.text[citation.start : citation.end] != citation.quote:
            return "unsupported", "the quote does not stand at its place in the article"
    if not citations or squeeze(citations[0].quote) != text:
        return "unsupported", "the statement is not what the article says word for word"
    languages = {article.language for article in articles if article} - CHECKED_LANGUAGES
    if languages:
        return (
            "partial",
            f"{OWN_WORDS}, in a language the checks do not read ({', '.join(sorted(languages))})",
        )
    return "verified", OWN_WORDS


def squeeze(text: str) -> str:
    """`text` on one line, with single spaces: how a quote is read out."""
    return " ".join(text.split())
