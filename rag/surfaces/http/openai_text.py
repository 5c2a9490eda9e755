"""An answer as the text of a chat message: Markdown of our own around words that can be none themselves."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from rag.showing import ABSTENTIONS, byline, one_line
from rag.types import Answer, Citation, Conflict, Statement, Withheld

_PARAGRAPH = "\n\n"
_PARTLY = " *(partly confirmed)*"

# What is a mark in CommonMark or its common extensions, wherever it stands in a line. What a client may look for
# before it reads Markdown at all, such as <think>, is written as an entity instead.
_MARKS = re.compile(
    r"""[*_`~\[\]]
    |\$(?!\d)                # mathematics; of a sum of money the sign stays
    |:(?=//)|(?<=\bwww)\.    # what becomes a link by itself
    |(?<=[\w.+-])@(?=\w)
    |^(?:[#>+=|:-]|\d{1,9}(?=[.)](?:\s|$)))""",
    re.IGNORECASE | re.VERBOSE,
)
_ENTITIES = {"<": "&lt;", "\\": "&#92;"}
_HIDDEN = re.compile(r"[<\\]|&(?=#|\w+;)")
_PLAIN_URL = re.compile(r"https?://", re.IGNORECASE)
_IN_URL = "%/?#@!$&+,=:~-._"
"""What stays as it is in an address: no bracket or quotation mark, to leave the link by, and nothing ends an entity."""


def message(answer: Answer) -> str:
    """The whole message: what is said with its markers, then the sources with their exact words."""
    return " ".join(map(marked, answer.statements)) + after_statements(answer)


def marked(statement: Statement) -> str:
    """What a statement is in the message: joined by a space, they are its first paragraph."""
    markers = "".join(f" [{number}]" for number in statement.citations)
    partly = _PARTLY if statement.support == "partial" else ""
    return escaped(statement.text) + markers + partly


def after_statements(answer: Answer) -> str:
    """The rest of the message; of an abstention, all of it."""
    before = "" if answer.status == "abstained" else _PARAGRAPH
    return before + _PARAGRAPH.join(_rest(answer))


def said(content: str) -> str:
    """What an earlier message of this kind said, without its sources and notices; of another's, its first paragraph."""
    first = content.strip().partition(_PARAGRAPH)[0]
    if first in ABSTENTIONS.values():
        return ""
    return html.unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", first.replace(_PARTLY, "")))


def _rest(answer: Answer) -> Iterator[str]:
    if answer.status == "abstained":
        yield ABSTENTIONS[answer.reason or "not_stated"]
    checks = dict.fromkeys(each.check for each in answer.statements if each.support == "partial" and each.check)
    yield from (f"*Partly confirmed: {escaped(check)}.*" for check in checks)
    yield from map(_conflict, answer.conflicts)
    if answer.citations:
        yield "**Sources**"
        yield from _sources(answer.citations, numbered=True)
    if answer.withheld:
        yield "**Withheld**, because the articles do not bear it out:"
        yield "\n".join(map(_withheld, answer.withheld))
    if answer.nearest:
        yield "**Closest passages**"
        yield from _sources(answer.nearest, numbered=False)
    if answer.engine == "generative":
        yield f"*Written by {escaped(answer.model or 'a language model')} from the articles above.*"
    if answer.notice:
        yield f"*{escaped(answer.notice)}*"


def _conflict(conflict: Conflict) -> str:
    about = escaped(conflict.about)
    on = f": {about}" if about.endswith("?") else f" on {about}:"
    values = (
        f"- {escaped(value.value)}{''.join(f' [{number}]' for number in value.citations)}" for value in conflict.values
    )
    return "\n".join([f"**The articles disagree**{on}", "", *values])


def _withheld(withheld: Withheld) -> str:
    return f"- {escaped(withheld.text)} *({escaped(withheld.check)})*"


def _sources(citations: Sequence[Citation], *, numbered: bool) -> Iterator[str]:
    """Each citation with its exact words; an article is described once."""
    described: dict[tuple[str, str], int] = {}
    before: tuple[str, str] | None = None
    for citation in citations:
        article = (citation.article_id, citation.version)
        marker = f"[{citation.number}] " if numbered else ""
        if article not in described:
            described[article] = citation.number
            by = byline(citation.publisher, citation.published, citation.published_from)
            heading = f"{_title(citation)} — {escaped(by)}"
        elif numbered:
            heading = f"the same article as [{described[article]}]"
        else:
            heading = "the same article" if article == before else f"again {escaped(citation.title)}"
        before = article
        yield f"{marker}{heading}\n> {escaped(citation.quote)}"


def _title(citation: Citation) -> str:
    title = escaped(citation.title) or "untitled"
    address = citation.url or ""
    if not _PLAIN_URL.match(address):
        return title
    return f"[{title}]({quote(address, safe=_IN_URL)})"


def escaped(text: str) -> str:
    """`text` on one line, shown by a reader of Markdown as it is, and with no more added than that takes."""
    whole = _HIDDEN.sub(lambda found: _ENTITIES.get(found.group(), "&amp;"), one_line(text))
    return _MARKS.sub(_backslashed, whole)


def _backslashed(found: re.Match[str]) -> str:
    mark = found.group()
    # A backslash is an escape before punctuation alone: of a numbered line, it is the sign after the number.
    return f"{mark}\\" if mark.isdigit() else f"\\{mark}"
