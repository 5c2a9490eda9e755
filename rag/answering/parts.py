"""A question that asks two or three things: what each of them is, and one answer out of theirs.

A sentence seldom says both things at once, so that none fits the whole question. Only what clearly is a question
of its own is taken for a part: it is better to leave two questions together than to tear one apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answering.conversation_numbering import Numbering
from rag.answering.conversation_people import person
from rag.answering.conversation_signs import own_names, references, substance
from rag.answering.sayings import NEAREST
from rag.text.sentences import split_sentences
from rag.types import Answer, Citation, Reason, Statement

MOST = 3
"""A question of more parts is left whole: each part is searched and read for itself, which takes its time."""

_DASH = " — "
_AUXILIARY = (
    r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must)(?:n['’]t|\s+not)?"
)
_PREPOSITION = r"(?:(?:by|for|in|on|at|to|from|of|with|since|until|under|after|before|against)\s+)?"
_ADVERBIAL = rf"{_PREPOSITION}(?:when|where|why|how(?!\s+(?:many|much|few)\b)(?:\s+(?!{_AUXILIARY}\b)\w+)?)"
_ASKED = rf"{_PREPOSITION}(?:who(?:m|se)?|what|which|how\s+(?:many|much|few))"
# With its helping verb in front of what it is about, as nothing but a question has it.
_INVERTED = rf"(?:{_ADVERBIAL}\s+{_AUXILIARY}|{_ASKED}(?:\s+[\w’'-]+){{0,5}}?\s+{_AUXILIARY})\s+\S"
_SUBJECT = (
    r"(?:who|what|which\s+\w+|how\s+(?:many|much)\s+(?!from\b|of\b|by\b|in\b|on\b|at\b|for\b|to\b)\w+)"
    r"\s+(?!and\b|or\b|to\b|else\b)\w+\s+\S"
)
_OF_ITS_SUBJECT = r"(?:the|a|an|its|his|her|their|this|that|these|those|there|any|anyone|anybody|it|he|she|they)\b"
_DID = r"(?:did|does|can|could|will|would|should)"
_BE = r"(?:is|are|was|were|has|have|had)"

_OPENS = re.compile(rf"(?:{_INVERTED}|{_SUBJECT}|{_AUXILIARY}\s+\S)", re.IGNORECASE)
_JOINED = re.compile(r"(?:\s*[,;]\s*|\s+)and\s+(?:also\s+)?(?=\S)|\s*;\s+|\s*,\s+(?=\S)", re.IGNORECASE)
_ASKS = re.compile(rf"(?:{_ADVERBIAL}|{_ASKED})\b", re.IGNORECASE)
_ASKS_INVERTED = re.compile(_INVERTED, re.IGNORECASE)
_ASKS_SUBJECT = re.compile(_SUBJECT, re.IGNORECASE)
_ASKS_WHETHER = re.compile(rf"{_DID}\s+(?:{_OF_ITS_SUBJECT}|(?-i:[A-Z]|\d))", re.IGNORECASE)
_ASKS_WHETHER_BE = re.compile(rf"{_BE}\s+(?:{_OF_ITS_SUBJECT}|(?-i:[A-Z]))", re.IGNORECASE)
# After one of these, what follows may be what is told or known, and no question: "who said when it began, and why".
_GOVERNING = re.compile(
    r"\b(?:sa(?:y|ys|id)|tell|told|kn(?:ow|own|ew)|explain(?:ed)?|ask(?:ed)?|decided?|show(?:ed|n)?|described?"
    r"|determined?|understand|discover(?:ed)?|learn(?:ed)?|reveal(?:ed)?|whether|if)\b"
    r"\s+(?:\w+\s+){0,2}?(?:who|what|which|when|where|why|how|whether|if)\b",
    re.IGNORECASE,
)
_RELATIVE = re.compile(r"\b(?:who|which|whose|where|when|that|what|how|why)\b", re.IGNORECASE)
_HEADING = re.compile(rf"^(?P<about>[^:?]{{3,120}}):\s+(?=(?:{_ADVERBIAL}|{_ASKED}|{_AUXILIARY})\b)", re.IGNORECASE)
_COMPARED = re.compile(r"^compare\s+(?P<one>[^?]+?)\s+(?:with|against)\s+(?P<other>[^?]+?)[?.!]*$", re.IGNORECASE)
_COUNTED = re.compile(r"^the\s+number\s+of\s+", re.IGNORECASE)
_PLACED = re.compile(r"\s+(?:in|at|on|during|by|for|from|after|before|of|to)\s", re.IGNORECASE)
_SAME = re.compile(r"^(?:that|those)(?=\s)", re.IGNORECASE)
_SHORTENED = re.compile(r"\bthe\s+(?P<noun>[a-z][a-z’'-]{2,})\b(?!\s+(?:[A-Z]))")
_FEWEST = 2
"""Words beside its question word and helping verb that a part must have; "and why?" asks on about the same."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that a question asks: `text` in its own words, `alone` so that it stands alone.

    Passages are looked for with `sought`, which holds all that tells what is talked of. Sentences are judged by
    `alone`, for one that only repeats what is talked of would be taken for an answer.
    """

    text: str
    alone: str
    sought: str


def parts_of(question: str) -> tuple[Part, ...]:
    """The two or three things that `question` clearly asks, in order; of any other question nothing."""
    text = " ".join(question.split())
    compared = _compared(text)
    if compared:
        return compared
    open_text, _, carried = text.partition(_DASH)  # behind it stands what a follow-up carries over
    about, asked = _apart(f"{open_text.rstrip('?!. ')}?" if carried else text)
    about = f"{about} {carried.rstrip('?!. ')}".strip()
    pieces = [piece.rstrip("?!. ") for sentence in asked for piece in _pieces(sentence)]
    if not 1 < len(pieces) <= MOST or not all(map(_is_whole, pieces)):
        return ()
    return tuple(_part(piece, pieces[0] if place else "", about, text) for place, piece in enumerate(pieces))


def _apart(text: str) -> tuple[str, list[str]]:
    """What a question says ahead of what it asks, and the sentences that ask."""
    heading = _HEADING.match(text)
    ahead = ""
    if heading:
        ahead, text = f"{heading['about']}:", text[heading.end() :]
    sentences = [text[start:end] for start, end in split_sentences(text)]
    asking = [sentence for sentence in sentences if sentence.endswith("?")] or sentences[-1:]
    told = sentences[: len(sentences) - len(asking)]
    if told + asking != sentences or (heading and told):
        return "", []
    return ahead or " ".join(told), asking


def _pieces(sentence: str) -> list[str]:
    """The questions that are joined in one sentence; the sentence alone where that is not clear."""
    text = sentence.rstrip("?!. ")
    places = [0]
    ends: list[int] = []
    for found in _JOINED.finditer(text):
        before, after = text[places[-1] : found.start()], text[found.end() :]
        if _is_whole(before) and _asks_again(before, after, separated=found.group().strip()[:1] in (",", ";")):
            ends.append(found.start())
            places.append(found.end())
    pieces = [text[start:end] for start, end in zip(places, [*ends, len(text)], strict=True)]
    # Commas alone part nothing: an "and" has to come before the last.
    joined = re.search(r"\band\s+(?:also\s+)?$|;\s*$", text[: places[-1]], re.IGNORECASE)
    return pieces if len(pieces) > 1 and joined and _is_whole(pieces[-1]) else [text]


def _is_whole(piece: str) -> bool:
    """Whether `piece` asks by itself, and for something: no "When", no "Where and when was it"."""
    opened = _OPENS.match(piece)
    if not opened:
        return False
    said = re.sub(rf"\b(?:{_AUXILIARY}|who(?:m|se)?|what|which|when|where|why|how|many|much)\b", " ", piece, flags=re.I)
    return len(re.findall(r"\w[\w’'-]*", said)) >= _FEWEST


def _asks_again(before: str, after: str, *, separated: bool) -> bool:
    """Whether `after` asks anew, and does not go on with what `before` says."""
    asks = _ASKS.match(before)
    # Another such word in it may be what `after` goes on from: "the man who stayed, and who later …".
    plain = asks is not None and not _RELATIVE.search(before, asks.end())
    if _GOVERNING.search(before) or not (plain or separated):
        return False
    if _ASKS_INVERTED.match(after):
        return True
    if not separated:
        return False
    if _ASKS_WHETHER.match(after):
        return True
    if _ASKS_SUBJECT.match(after):
        return plain
    # "Who was elected, and is the youngest …?" asks one thing.
    return plain and bool(_ASKS_WHETHER_BE.match(after) and _ASKS_INVERTED.match(before))


def _part(piece: str, first: str, about: str, question: str) -> Part:
    """A part with what it leaves out: out of what is said ahead (`about`), and of the `first` part for a later one."""
    before = f"{about} {first}".strip()
    alone = _named_in_full(piece, before)
    for reference in reversed(references(alone)):
        name = person(reference.gender, [(before, "")]) if reference.gender else None
        if name is not None:
            written = f"{name}'s" if reference.possessive else name
            alone = alone[: reference.start] + written + alone[reference.end :]
    alone = _capital(alone)
    if own_names(alone) and not references(alone):
        return Part(piece, f"{alone}?", f"{about} {alone}?".strip())
    matter = _matter(first) or _matter(about)
    if matter and matter.lower() not in alone.lower():
        alone = f"{alone}{_DASH}{matter}"
    return Part(piece, f"{alone}?", question if before else f"{alone}?")


def _named_in_full(piece: str, first: str) -> str:
    """`piece` with "the line" written out as "the Valley line" where the first part calls it so."""

    def full(found: re.Match[str]) -> str:
        noun = found["noun"]
        named = re.search(rf"\bthe\s+((?:[A-Z][\w’'-]*\s+)+){re.escape(noun)}\b", first)
        return f"the {named[1]}{noun}" if named else found.group()

    return _SHORTENED.sub(full, piece)


def _matter(first: str) -> str:
    """What a text is about: its names, else the two words after its first "the" or "a"."""
    names = own_names(first)
    if names:
        return ", ".join(dict.fromkeys(names))
    found = re.search(r"\b(?:the|a|an)\s+(\w[\w’'-]*(?:\s+\w[\w’'-]*)?)", first, re.IGNORECASE)
    return found[1] if found and substance(found[1]) else ""


def _compared(text: str) -> tuple[Part, ...]:
    found = _COMPARED.match(text)
    if not found or re.search(r"\b(?:with|against)\b", found["one"]):
        return ()
    one, other = found["one"], found["other"]
    counted = _COUNTED.match(one)
    what = one[counted.end() :] if counted else ""
    measure = _PLACED.split(what, maxsplit=1)[0]
    whole = _SAME.sub(f"the number of {measure}" if counted else _PLACED.split(one, maxsplit=1)[0], other)
    same = _COUNTED.match(whole)
    if counted:
        second = f"How many {whole[same.end() :]}?" if same else f"How many {measure}{_DASH}{whole}?"
        return _compared_part(one, f"How many {what}?"), _compared_part(other, second)
    return _compared_part(one, f"What was {one}?"), _compared_part(other, f"What was {whole}?")


def _compared_part(text: str, alone: str) -> Part:
    return Part(text, alone, alone)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# The answer --------------------------------------------------------------------------------


def together(question: str, parts: Sequence[Part], answers: Sequence[Answer]) -> Answer:
    """One answer out of those to the parts of `question`, in order, nothing said twice.

    Where some parts have no answer, the notice says which; where none has, it is an abstention.
    """
    silent = [part for part, answer in zip(parts, answers, strict=True) if answer.status == "abstained"]
    if len(silent) == len(parts):
        return _abstained(question, answers)
    numbering = Numbering()
    renumbered = [numbering.answer(answer) for answer in answers]
    cited = {citation.number: citation for answer in renumbered for citation in answer.citations}
    statements: list[Statement] = []
    for statement in (statement for answer in renumbered for statement in answer.statements):
        if not any(_within(statement, said, cited) for said in statements):
            statements = [said for said in statements if not _within(said, statement, cited)] + [statement]
    conflicts = tuple(dict.fromkeys(conflict for answer in renumbered for conflict in answer.conflicts))
    used = {number for item in statements for number in item.citations}
    used |= {number for conflict in conflicts for value in conflict.values for number in value.citations}
    whole = Answer(
        question=question,
        status="answered",
        statements=tuple(statements),
        withheld=tuple(dict.fromkeys(item for answer in answers for item in answer.withheld)),
        conflicts=conflicts,
        citations=tuple(citation for number, citation in sorted(cited.items()) if number in used),
        notice=_silence(silent),
    )
    return Numbering().answer(whole)


def _silence(silent: Sequence[Part]) -> str | None:
    return "the articles do not say: " + ", ".join(f'"{part.text}"' for part in silent) if silent else None


def _within(one: Statement, other: Statement, cited: dict[int, Citation]) -> bool:
    """Whether `one` is a part of what `other` says, at the same place."""
    inner, outer = cited[one.citations[0]], cited[other.citations[0]]
    same = (inner.article_id, inner.version) == (outer.article_id, outer.version)
    return same and outer.start <= inner.start and inner.end <= outer.end


def _abstained(question: str, answers: Sequence[Answer]) -> Answer:
    reasons: list[Reason] = [answer.reason for answer in answers if answer.reason]
    # The best of each part before the second of any.
    ranks = range(max((len(answer.nearest) for answer in answers), default=0))
    mixed = (answer.nearest[rank] for rank in ranks for answer in answers if rank < len(answer.nearest))
    nearest = tuple({(c.article_id, c.version, c.start, c.end): replace(c, number=0) for c in mixed}.values())
    return Answer(
        question=question,
        status="abstained",
        reason="not_stated" if "not_stated" in reasons else reasons[0],
        withheld=tuple(dict.fromkeys(item for answer in answers for item in answer.withheld)),
        nearest=tuple(replace(citation, number=number) for number, citation in enumerate(nearest[:NEAREST], 1)),
    )
