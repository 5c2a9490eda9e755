"""A follow-up made into a question that stands alone, without a model: pure functions on what was asked and said.

A question that stands alone already is left as it is. Else what it leaves out is carried over from the turn before:
persons that the last answers named take the place of "he" and "she", and the subject of the last question is put
behind a dash, as words to search and to judge by. The signs are English; elsewhere a short question is taken for a
follow-up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.answering.conversation_people import person
from rag.answering.conversation_signs import (
    FRAGMENT,
    bare,
    depends,
    own_names,
    references,
    stripped,
    substance,
)
from rag.answering.passages import estimated_tokens
from rag.text.words import words

_DASH = " — "
_LONGEST_SUBJECT = 24
"""Words of an earlier question that are carried over at most."""
_TELLING = 2
"""Content words that a question must have of its own to be carried over beside what it had carried itself."""
_LONGEST_SAID = 1_200
_TOKENS_A_TURN = 8
_LAST = 3
"""Turns in which a person is looked for: somebody who was talked of longer ago is not "he" any more."""

_ASKING = re.compile(
    r"""^\W*(?:(?:by|for|in|on|at|to|from|of|with|since|until)\s+)?
    (?:how\s+(?:many|much|long|old|far|often|tall|big|large|high|deep|fast|wide|heavy)|how|when|where|why|who(?:m|se)?|what|which)
    (?:['’]s)?\b\s*""",
    re.IGNORECASE | re.VERBOSE,
)
_AUXILIARY = (
    r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must)(?:\s+not|n['’]t)?"
)
_HELPED = re.compile(rf"^(?P<head>[^?]*?)\b(?P<aux>{_AUXILIARY})\s+(?P<rest>.*)$", re.IGNORECASE | re.DOTALL)
_OPENED = re.compile(
    rf"{_ASKING.pattern}(?:{_AUXILIARY}\s+)?(?:about\s+)?|^{_AUXILIARY}\s+", re.IGNORECASE | re.VERBOSE
)
_DOING = re.compile(r"do|does|did|will|can|could|would|should|may|might|must", re.IGNORECASE)
_COUNTING = re.compile(rf"\bhow\s+(?:many|much)\b(?:\s+(?!{_AUXILIARY}\b|of\b)\w+)?", re.IGNORECASE)
_ADVERBIAL = re.compile(
    r"^\W*(?:since\s+|until\s+)?(?:when|where|why|how)(?:\s+(?:long|often|come))?\W*$", re.IGNORECASE
)
_PREPOSED = re.compile(
    r"^(?P<prep>in|on|at|for|from|by|with|to|of|after|before|during|under)\s+(?P<what>.+)$", re.IGNORECASE
)
_TRAILING = re.compile(r"[\s,]+(?:too|as well|either|instead|then)$", re.IGNORECASE)
_DETERMINED = re.compile(r"\b(?:the|a|an)\s", re.IGNORECASE)
_SUBJECT = re.compile(r"^(?:the|a|an)\s+\w+(?=\s+\w)", re.IGNORECASE)
_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_TIME = re.compile(rf"\d|(?:{_MONTHS}|{_DAYS})\b", re.IGNORECASE)
# Capital letters of any script: all that is a word and neither a figure nor a small Latin letter.
_CAPITAL = r"[^\W\d_a-zß-öø-ÿ]"
_REST = r"[\w.-]*(?:['’](?!s\b)[\w.-]+)*"
_NAMED = rf"(?:\d|{_CAPITAL}){_REST}(?:\s+(?:(?:of|and)\s+(?:the\s+)?)?(?:\d|{_CAPITAL}){_REST})*"
_PLACED = re.compile(r"\b(?:in|at|on|of|from|near|to)\s+(?:the\s+)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier turn: the question as it stands alone, and the sentences that were said (empty where none were)."""

    standalone: str
    said: str = ""


def within(history: Sequence[Past], budget: int, count: Callable[[str], int] = estimated_tokens) -> list[Past]:
    """The newest turns of `history` that together take at most `budget` tokens, oldest first.

    What an answer said is cut at a number of characters, so that one long answer does not take all.
    """
    kept: list[Past] = []
    for past in reversed(history):
        short = Past(past.standalone, past.said[:_LONGEST_SAID])
        budget -= count(short.standalone) + count(short.said) + _TOKENS_A_TURN
        if budget < 0:
            break
        kept.append(short)
    return kept[::-1]


def standing_alone(question: str, history: Sequence[Past]) -> str:
    """`question` so that it can be understood without `history` (oldest first); where it can already, as it is."""
    return carried(question, history) if is_followup(question, history) else question


def is_followup(question: str, history: Sequence[Past]) -> bool:
    """Whether `question` leans on `history`: told by its signs alone."""
    if not history:
        return False
    last = history[-1]
    return depends(question, {word for text in (last.standalone, last.said) for word in words(text)})


def carried(question: str, history: Sequence[Past]) -> str:
    """The follow-up `question` with what it leaves out, carried over from `history`."""
    last = history[-1].standalone
    text, lead = stripped(question)
    bones = text.rstrip("?!. ")
    if lead == "about" or FRAGMENT.search(bones):
        return _fragment(bones, last)
    if bare(bones):
        return _ellipsis(bones, last)
    replaced, left = _with_persons(bones, history)
    if replaced != bones and not left:
        return f"{replaced}?"
    return _behind(replaced, _subject(last))


def _behind(question: str, subject: str) -> str:
    """`question`, and what it is about."""
    return f"{question}{_DASH}{subject}?" if subject else f"{question}?"


def _subject(question: str) -> str:
    """What a question is about: from its first "the" or name on, then what it had carried over itself."""
    first, *others = question.rstrip("?!. ").split(_DASH)
    own = _OPENED.sub("", _without_references(first), count=1)
    # Of what was carried over, the oldest is what the talk is about; what came in between has served.
    parts = others[-1:] if others and len(substance(own)) < _TELLING else [own, *others[-1:]]
    kept: list[str] = []
    room = _LONGEST_SUBJECT
    for part in parts:
        held = _noun(part).split()[:room]
        room -= len(held)
        if substance(" ".join(held)):
            kept.append(" ".join(held))
    return _DASH.join(dict.fromkeys(kept))


def _noun(part: str) -> str:
    """`part` without the verb in front: a sentence that does what it says would be taken for an answer."""
    if found := _DETERMINED.search(part):
        return part[found.start() :]
    names = own_names(part)
    return part[part.index(names[0]) :] if names else part


def _without_references(question: str) -> str:
    for found in reversed(references(question)):
        question = question[: found.start] + question[found.end :]
    return question


def _ellipsis(asked: str, last: str) -> str:
    """ "Why?" and its like: the last question, asked that way."""
    first, *others = last.rstrip("?!. ").split(_DASH)
    helped = _HELPED.match(first)
    if _ADVERBIAL.match(asked) and helped:
        what = " ".join(_ASKING.sub("", helped["head"], count=1).split())
        done = _DOING.match(helped["aux"])
        line = [helped["aux"].lower(), helped["rest"], what] if done else [helped["aux"].lower(), what, helped["rest"]]
        return _behind(" ".join(filter(None, [asked, *line])), _DASH.join(others[-1:]))
    return _behind(asked, _subject(last))


def _fragment(what: str, last: str) -> str:
    """ "And the mayor?": the last question with this in the place of what is like it, else this and its subject."""
    what = _TRAILING.sub("", what)
    first, *others = last.rstrip("?!. ").split(_DASH)
    if exchanged := _exchanged(what, first):
        return _behind(exchanged, _DASH.join(others[-1:]))
    if _PREPOSED.match(what):
        return _behind(f"{first} {what}", _DASH.join(others[-1:]))
    if counted := _COUNTING.search(first):
        return _behind(f"{counted.group()}{_DASH}{what}", _DASH.join(others[-1:] or own_names(first)))
    return _behind(f"What about {what}", _subject(last))


def _exchanged(what: str, question: str) -> str | None:
    """`question` with `what` in the place of the one thing in it that is of its kind; `None` where there is none."""
    if placed := _PREPOSED.match(what):
        same = _same_place(placed["prep"], placed["what"], question)
        return f"{question[: same.start()]}{what}{question[same.end() :]}" if same else None
    if own_names(f"It is {what}"):
        names = [name for name in own_names(question) if not _PLACED.search(question[: question.index(name)])]
        return question.replace(names[0], what, 1) if len(names) == 1 else None
    helped = _HELPED.match(question)
    if helped and re.match(r"(?:the|a|an)\b", what, re.IGNORECASE) and _SUBJECT.match(helped["rest"]):
        return f"{helped['head']}{helped['aux']} {_SUBJECT.sub(lambda _: what, helped['rest'], count=1)}"
    return None


def _same_place(preposition: str, what: str, question: str) -> re.Match[str] | None:
    """The last "in Iraq" of `question` for "in Syria", the last "in May" for "in 2019"; else what it ends with."""
    lead = rf"\b(?i:{preposition}\s+(?:the\s+)?)"
    found = [*re.finditer(rf"{lead}(?P<what>[\w.’'-]+)\s*$", question)]
    if re.match(rf"(?:the\s+)?{_NAMED}", what):
        found += re.finditer(rf"{lead}(?P<what>{_NAMED})", question)
    time = bool(_TIME.match(what))
    return next((same for same in reversed(found) if bool(_TIME.match(same["what"])) == time), None)


def _with_persons(question: str, history: Sequence[Past]) -> tuple[str, bool]:
    """`question` with names for "he" and "she" where the last turns tell them, and whether references are left open."""
    turns = [(past.standalone, past.said) for past in reversed(history[-_LAST:])]
    found_all = references(question)
    meant = {gender: person(gender, turns) for gender in {found.gender for found in found_all} if gender}
    left = False
    for found in reversed(found_all):
        name = meant.get(found.gender) if found.gender else None
        if name is None:
            left = True
            continue
        written = f"{name}'s" if found.possessive else name
        question = question[: found.start] + written + question[found.end :]
    return question, left
