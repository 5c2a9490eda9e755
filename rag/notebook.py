"""An answer or a summary in a notebook: HTML that stands for itself, without script and without a style sheet.

It is made of plain values, as `to_plain` gives them. All that is not written here is escaped. Colours are half
transparent over the notebook's own, so that both a light and a dark one can be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from html import escape
from typing import Any
from urllib.parse import quote

from rag.showing import ABSTENTIONS, byline, one_line

_WHOLE = "max-width:44rem;line-height:1.5;overflow-wrap:anywhere"
_ASKED = "margin:0 0 .4rem;opacity:.7"
_SAID = "margin:0 0 .9rem;font-size:1.08em"
_CHIP = (
    "display:inline-block;margin:0 .25em;padding:0 .45em;border-radius:.8em;font-size:.72em;line-height:1.6;"
    "vertical-align:.12em;background:rgba(64,120,192,.25);color:inherit"
)
_QUOTE = "margin:.25rem 0;padding:.1rem 0 .1rem .8rem;border-left:3px solid rgba(64,120,192,.55)"
_MARK = "background:rgba(255,196,0,.28);color:inherit;padding:.1em 0"
_QUIET = "opacity:.7;font-size:.85em"
_WARNED = "margin:0 0 .9rem;padding:.4rem .8rem;border-left:3px solid rgba(214,120,0,.8);background:rgba(214,120,0,.1)"
_LONGEST_HINT = 300
_SCHEMES = ("http://", "https://")

Plain = Mapping[str, Any]


def html(reply: Plain) -> str:
    """An answer or a summary as one HTML element."""
    return f'<div style="{_WHOLE}">{"".join(_parts(reply))}</div>'


def _parts(reply: Plain) -> Iterator[str]:
    yield f'<p style="{_ASKED}">{_text(reply["question"] if "question" in reply else reply["subject"])}</p>'
    hints = {each["number"]: one_line(f"{each['title']}: {each['quote']}") for each in reply["citations"]}
    if reply["status"] == "answered":
        yield f'<p style="{_SAID}">{" ".join(_statement(each, hints) for each in reply["statements"])}</p>'
        partial = (each["check"] for each in reply["statements"] if each["support"] == "partial" and each["check"])
        yield from (_quiet(f"Partly confirmed: {check}.") for check in dict.fromkeys(partial))
    else:
        yield f'<p style="{_SAID}"><strong>{_text(ABSTENTIONS[reply["reason"] or "not_stated"])}</strong></p>'
    yield from (_conflict(each, hints) for each in reply["conflicts"])
    yield from (_source(each, cited=True) for each in reply["citations"])
    if reply["withheld"]:
        yield _withheld(reply["withheld"])
    if reply["nearest"]:
        yield '<p style="margin:0 0 .4rem"><strong>Closest passages</strong></p>'
        yield from (_source(each, cited=False) for each in reply["nearest"])
    if reply["engine"] == "generative":
        yield _quiet(f"Written by {reply['model'] or 'a language model'} from the articles above.")
    if reply["notice"]:
        yield _quiet(reply["notice"])


def _statement(statement: Plain, hints: Mapping[int, str]) -> str:
    partly = f' <span style="{_QUIET}">(partly confirmed)</span>' if statement["support"] == "partial" else ""
    return f"{_text(statement['text'])}{_chips(statement['citations'], hints)}{partly}"


def _chips(numbers: Iterable[int], hints: Mapping[int, str]) -> str:
    """A small number for each source; pointed at, it says which and what stands there."""
    return "".join(
        f'<span style="{_CHIP}" title="{escape(hints.get(number, "")[:_LONGEST_HINT])}">{number}</span>'
        for number in numbers
    )


def _conflict(conflict: Plain, hints: Mapping[int, str]) -> str:
    about = _text(conflict["about"])
    on = f": {about}" if about.endswith("?") else f" on {about}:"
    values = "".join(
        f"<li>{_text(each['value'])}{_chips(each['citations'], hints)}</li>" for each in conflict["values"]
    )
    return f'<div style="{_WARNED}"><strong>The articles disagree</strong>{on}<ul>{values}</ul></div>'


def _withheld(withheld: Iterable[Plain]) -> str:
    items = "".join(
        f'<li>{_text(each["text"])} <span style="{_QUIET}">({_text(each["check"])})</span></li>' for each in withheld
    )
    heading = "<strong>Withheld</strong>, because the articles do not bear it out:"
    return f'<div style="{_WARNED}">{heading}<ul>{items}</ul></div>'


def _source(citation: Plain, *, cited: bool) -> str:
    """An article, and its exact words: what is cited is highlighted, what only comes near is not."""
    published = citation["published"] and date.fromisoformat(citation["published"])
    by = byline(citation["publisher"], published, citation["published_from"])
    chip = f'<span style="{_CHIP};margin-left:0">{citation["number"]}</span>' if cited else ""
    words = _text(citation["quote"])
    words = f'<mark style="{_MARK}">{words}</mark>' if cited else words
    place = f"article {citation['article_id']}, characters {citation['start']}–{citation['end']}"
    return (
        f'<div style="margin:0 0 .8rem">{chip}{_title(citation)} — {_text(by)}'
        f'<blockquote style="{_QUOTE}">{words}</blockquote><span style="{_QUIET}">{_text(place)}</span></div>'
    )


def _title(citation: Plain) -> str:
    title = f"<strong>{_text(citation['title'])}</strong>"
    address = citation["url"] or ""
    if not address.lower().startswith(_SCHEMES):
        return title
    safe = escape(quote(address, safe="%/?#[]@!$&'()*+,;=:~-._"))
    return f'<a href="{safe}" target="_blank" rel="noopener noreferrer" style="color:inherit">{title}</a>'


def _quiet(text: str) -> str:
    return f'<p style="{_QUIET}">{_text(text)}</p>'


def _text(text: str) -> str:
    return escape(one_line(text))
