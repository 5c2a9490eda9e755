"""Small articles and statements about them, for the tests of the checks."""

from __future__ import annotations

from datetime import date

from rag import Article, Span
from rag.grounding.alignment import Alignment
from rag.grounding.quotes import resolve
from rag.grounding.reading import passages, read
from rag.grounding.statements import Check, check_statement
from rag.grounding.verdict import Evidence, Finding, Verdict

THURSDAY = date(2025, 3, 13)


def article(text: str, **metadata: str) -> Article:
    """An article of a Thursday."""
    fields = {"title": "A story", "publisher": "The Varrow Post", "author": "Ada Quill", **metadata}
    return Article.create(key=text, text=text, source="s", published=THURSDAY, **fields)  # type: ignore[arg-type]


def evidence(text: str, *quotes: str) -> list[Evidence]:
    """The places of `quotes` in an article of `text`; the whole of it where none is given."""
    made = article(text)
    found = [resolve(quote, text) for quote in quotes or (text,)]
    assert all(found)
    return [Evidence(made, Span(*span)) for span in found if span]


def findings(check: Check, statement: str, text: str, *quotes: str) -> list[Finding]:
    """What one check finds in a statement that cites `quotes` of `text`."""
    held = passages([(item.article, item.span) for item in evidence(text, *quotes)])
    return list(check(Alignment.of(read(statement), held)))


def fails(check: Check, statement: str, text: str, *quotes: str) -> bool:
    """Whether one check refutes a statement."""
    return any(finding.hard for finding in findings(check, statement, text, *quotes))


def verdict(statement: str, text: str, *quotes: str) -> Verdict:
    """The verdict on a statement that cites `quotes` of `text`."""
    return check_statement(statement, evidence(text, *quotes))
