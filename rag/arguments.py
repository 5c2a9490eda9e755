"""What a caller gives, checked and brought into one form: questions, topics, texts, numbers, filters."""

from __future__ import annotations

from datetime import date
from typing import Literal

from rag.errors import UserError
from rag.types import Filters, encodable

Typed = Literal["question", "query", "topic"]

MAX_HITS = 1000
MAX_SENTENCES = 100
_EXAMPLES: dict[Typed, str] = {
    "question": '`rag ask "What happened?"`',
    "query": "`rag search flood`",
    "topic": '`rag summarize --about "the flood"`',
}


def question_of(typed: str, longest: int, what: Typed = "question") -> str:
    """What was `typed`, in one line; raises `UserError` where it is empty or has more than `longest` characters."""
    text = " ".join(encodable(typed).split())
    if not text:
        raise UserError(f"the {what} is empty: type one, such as {_EXAMPLES[what]}")
    if len(text) > longest:
        raise UserError(
            f"the {what} has {len(text):,} characters, and {longest:,} are allowed (RAG_MAX_QUESTION_CHARS)"
        )
    return text


def text_of(text: str, longest: int) -> str:
    """A text to be checked, as it stands; raises `UserError` where it is empty or longer than `longest` characters."""
    whole = encodable(text)
    if not whole.strip():
        raise UserError("the text is empty: give one or more sentences to check")
    if len(whole) > longest:
        raise UserError(f"the text has {len(whole):,} characters, and {longest:,} are allowed (RAG_MAX_VERIFIED_CHARS)")
    return whole


def filters_of(publisher: str | None, after: date | None, before: date | None) -> Filters:
    """The articles that are asked for; raises `UserError` where no date can be both `after` and `before`."""
    if after and before and after > before:
        raise UserError(f"nothing is both after {after} and before {before}: exchange the two dates")
    return Filters(publisher and encodable(publisher), after, before)


def check_hits(k: int) -> None:
    """Raise `UserError` unless `k` passages can be asked for."""
    if k < 1:
        raise UserError("k must be 1 or more")
    if k > MAX_HITS:
        raise UserError(f"k must be {MAX_HITS} or less")


def check_summary(reference: str | None, about: str | None, sentences: int) -> None:
    """Raise `UserError` unless one of an article and a topic is named, and a possible number of sentences."""
    if (reference is None) == (about is None):
        raise UserError(
            "name what to summarize: an article's id, or a topic with --about"
            if about is None
            else "an article's id or a topic (--about): give one of them, not both"
        )
    if sentences < 1:
        raise UserError("a summary needs 1 sentence or more")
    if sentences > MAX_SENTENCES:
        raise UserError(f"a summary has {MAX_SENTENCES} sentences or less")
