"""The signs of a follow-up: what a question leaves out that an earlier turn must give."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Literal

from rag.grounding.people import names
from rag.grounding.reading import read
from rag.text.words import content_words, stem

_LEAD = re.compile(
    r"^\W*(?:(?:and|but|so|or|also|then|well|ok|okay|yes|no|thanks?|thank you)\b[\s,.!—-]*(?=\w))+", re.IGNORECASE
)
_ABOUT = re.compile(r"^\W*(?:what|how)\s+(?:about|of)\s+(?=\w)", re.IGNORECASE)
_TAIL = re.compile(
    r"[\s,](?:too|as well|either|instead|else|afterwards|then)\W*$|\b(?:who|what|where|anyone|anything) else\b", re.I
)
_OTHERS = re.compile(r"\bthe (?:others?|rest|same|former|latter|two|first one|second one|last one)\b", re.IGNORECASE)
_WH = r"(?:how|when|where|why|who|whom|whose|what|which)"
_AUX = r"(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|should|shall|may|might|must)(?:n['’]t)?"
FRAGMENT = re.compile(
    rf"^(?!\W*(?:\w+\s+)?{_WH}\b)(?!\W*{_AUX}\b)(?!.*\b(?:{_WH}|tell|explain|describe|summari[sz]e|list|name)\b)",
    re.IGNORECASE,
)
"""Neither a question word nor a helping verb in front: a part of a sentence, not a whole one."""

_PRONOUN = re.compile(r"\b(he|him|his|himself|she|her|hers|herself|it|its|they|them|their|theirs)\b", re.IGNORECASE)
_POINTING = re.compile(
    r"\b(?:that|this|these|those|there)(?=\W*$)"
    r"|\b(?:of|after|before|about|from|with|by|to|for|since|until|on|in|at|than|is|was|were|are|did|does|do|led|caused|like|during)"
    r"\s+(?:that|this|these|those)\b(?!\s+(?:year|week|month|morning|evening|afternoon|summer|winter|spring|autumn|season|time)s?\b)"
    r"|\bthat['’]s\b|\b(?:from|over|in|out|get|got|went|go) there\b",
    re.IGNORECASE,
)
_FORMAL_IT = re.compile(
    r"\bit\s+(?:take|took|takes|taken|cost|costs|true|possible|likely|rain|rains|raining|snow)\b", re.IGNORECASE
)
_CLAUSE = re.compile(
    r"\b(?:said|say|says|that|if|whether|because|when|after|before|as|while|claim|claims|claimed|think|thinks|thought)\s*$",
    re.IGNORECASE,
)
_HEADED = re.compile(r"^\W*(?:which|what|how\s+(?:many|much))\s+(?!did|do|does|is|are|was|were)\w+", re.IGNORECASE)
_ANYONE = re.compile(r"\b(?:any|some|every|no)\s?(?:one|body)\b|\bpeople\b|\bwho\b", re.IGNORECASE)
_OBJECTS = frozenset({"him", "them"})
_MALE, _FEMALE = frozenset({"he", "him", "his"}), frozenset({"she", "her", "hers"})
_EMPTY = frozenset(
    """happen happened happens happening say said says tell told mean meant think thought come came go went give gave
    make made take took know thing things people person anyone anybody someone somebody nobody everyone reason time
    exactly really actually please call called many much long old far often there here else""".split()
)
"""Words that carry content by their form, and none that would find anything."""
_FEW, _SOME = 2, 3

Gender = Literal["m", "f"]


@dataclass(frozen=True, slots=True)
class Reference:
    """A pronoun that the question itself gives no meaning to; `gender` is `None` unless it means a person."""

    start: int
    end: int
    gender: Gender | None
    possessive: bool


def depends(question: str, before: Set[str]) -> bool:
    """Whether `question` leans on an earlier turn; `before` are the words, in lower case, of the last one."""
    text, lead = stripped(question)
    if lead or _TAIL.search(text) or _OTHERS.search(text) or references(text):
        return True
    if own_names(text) or any(character.isdigit() for character in text):
        return bool(re.match(r"(?:in|on|at|for|since|until|by)\s+\S+(?:\s+\S+)?$", text.rstrip("?!. "), re.IGNORECASE))
    own = substance(text)
    if len(own) <= _FEW:
        return True
    known = {stem(word) for word in before}
    return len(own) <= _SOME and any(stem(word) in known for word in own)


def stripped(question: str) -> tuple[str, Literal["", "and", "about"]]:
    """`question` without the words that tie it to what went before, and which kind those were."""
    text, tied = _LEAD.subn("", question.strip(), count=1)
    text, about = _ABOUT.subn("", text, count=1)
    return text, "about" if about else "and" if tied else ""


def bare(text: str) -> bool:
    """Whether `text` asks without saying what about: "why?", "by how many?", "when was that?"."""
    return not substance(text) and not references(text)


def substance(text: str) -> list[str]:
    """The words of `text` that say what it is about."""
    return [word for word in dict.fromkeys(content_words(text)) if word not in _EMPTY]


def own_names(text: str) -> list[str]:
    """The names in `text` as they are written; of shouted text none."""
    if text.isupper():
        return []
    reading = read(text)
    found = (text[reading.words[name.start].start : reading.words[name.end - 1].end] for name in names(reading))
    return [re.sub(r"['’]s$", "", name) for name in found]


def references(text: str) -> list[Reference]:
    """The pronouns in `text`, in order, that mean something said earlier."""
    named = own_names(text)
    found = [reference for match in _PRONOUN.finditer(text) if (reference := _opened(match, text, named))]
    found += [Reference(match.start(), match.end(), None, False) for match in _POINTING.finditer(text)]
    return sorted(found, key=lambda reference: reference.start)


def _opened(match: re.Match[str], text: str, names_in_it: Sequence[str]) -> Reference | None:
    word, before, after = match.group().lower(), text[: match.start()], text[match.end() :]
    if word.endswith(("self", "selves")):
        return None
    if word == "it" and _FORMAL_IT.match(text, match.start()) and names_in_it:
        return None
    named = [name for name in names_in_it if name in before]
    needed = 2 if word in _OBJECTS else 1
    if len(named) >= needed:
        return None
    subject_again = bool(_CLAUSE.search(before)) and bool(_HEADED.match(before) or _ANYONE.search(before))
    if subject_again and after.strip(" ?."):
        return None
    gender: Gender | None = "m" if word in _MALE else "f" if word in _FEMALE else None
    following = re.match(r"\s+(\w+)", after)
    possessive = word in {"his", "hers"} or (
        word == "her" and following is not None and bool(content_words(following[1]))
    )
    return Reference(match.start(), match.end(), gender, possessive)
