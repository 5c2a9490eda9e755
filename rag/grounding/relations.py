"""Which side of a relation is which: before and after, more than, because of, who did it to whom."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from rag.grounding.alignment import Alignment
from rag.grounding.dates import MONTH, WEEKDAY
from rag.grounding.morphology import is_past, root
from rag.grounding.people import antecedents
from rag.grounding.quantities import quantities
from rag.grounding.reading import Passage, Reading
from rag.grounding.verdict import Finding

_BEFORE = frozenset({"before", "until", "ahead"})
_AFTER = frozenset({"after", "following", "since", "once"})
_MORE = frozenset(
    """more higher larger bigger greater longer better faster older above exceeded exceeds over heavier deeper
earlier""".split()
)
_LESS = frozenset("less fewer lower smaller shorter worse slower younger below under lighter later".split())
_BECAUSE = re.compile(
    r"\b(?:because|due to|owing to|as a result of|thanks to|caused by|result of|on account of|prompted by|triggered by"
    r"|blamed on|led to by|attributed to|brought about by|forced by)\b",
    re.IGNORECASE,
)
_THEREFORE = re.compile(
    r"\b(?:so that|therefore|as a result|led to|leading to|caused|causing|resulted in|prompted|prompting|triggered"
    r"|forced|forcing|brought about|which is why|thus|hence|consequently)\b",
    re.IGNORECASE,
)
# What may tell of a cause, and does not always.
_CAUSAL = re.compile(
    r"\b(?:so|since|for|lead|driven|swallow|help|consequen|make|making|made|mean|to [a-z]+|put|left|leaving|sent"
    r"|sending|destroy|kill|injur|through|with|explain|after|when|as|following)",
    re.IGNORECASE,
)
_ADDED = 0.15
_WIDEST = 40
_SURE = 0.4
_LEAST = {"time": 0.1, "size": 0.1, "doer": 0.5}


@dataclass(frozen=True, slots=True)
class Relation:
    """Two sides, as roots: the first is earlier, greater, the cause or the doer; the other the other."""

    kind: str
    word: str
    first: frozenset[str]
    second: frozenset[str]


def check_relations(alignment: Alignment) -> Iterator[Finding]:
    """Each relation of the statement: the passages do not hold it the other way round; a cause is stated."""
    mine = relations(alignment.claim, range(len(alignment.claim.words)))
    theirs = [relation for passage in alignment.passages for relation in relations(passage.reading, passage.inside)]
    for said in mine:
        turned = straight = 0.0
        for held in theirs:
            if held.kind != said.kind:
                continue
            turned = max(turned, _fit(said.first, held.second) * _fit(said.second, held.first))
            straight = max(straight, _fit(said.first, held.first) * _fit(said.second, held.second))
        least = _LEAST["doer" if said.kind.startswith("doer") else said.kind]
        if turned > straight + _ADDED and turned >= least:
            yield Finding(_TURNED[said.kind.partition(":")[0]].format(word=said.word))
        elif said.kind == "time" and not straight:
            yield from _by_clock(alignment, said)
    yield from _causes(alignment)


def _by_clock(alignment: Alignment, said: Relation) -> Iterator[Finding]:
    """Two things that the statement puts in an order, and to each of which the passages give an hour or a minute."""
    moments = [moment for passage in alignment.passages for moment in _moments(passage)]
    times: list[float] = []
    for side in (said.first - said.second, said.second - said.first):
        score, value = max(((_fit(side, keys), value) for keys, value in moments), default=(0.0, 0.0))
        if score < _SURE:
            return
        times.append(value)
    if len(times) == 2 and times[0] > times[1]:
        yield Finding(f"by the times that the passage gives, it was the other way round (“{said.word}”)")


def _moments(passage: Passage) -> list[tuple[frozenset[str], float]]:
    """The roots of each sentence that gives one hour or minute, and which."""
    keys: dict[int, set[str]] = defaultdict(set)
    for word in passage.words:
        keys[word.sentence].add(word.key)
    times: dict[int, list[float]] = defaultdict(list)
    for item in quantities(passage.reading, passage.inside):
        if item.start in passage.inside and item.kind in ("clock", "ordinal"):
            times[passage.reading.words[item.start].sentence].append(item.value)
    return [(frozenset(keys[number]), values[0]) for number, values in times.items() if len(values) == 1]


_TURNED = {
    "time": "the passage has the two in the other order (“{word}”)",
    "size": "the passage has the comparison the other way round (“{word}”)",
    "doer": "the passage has it the other way round: who did it and to whom (“{word}”)",
}


def _fit(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / min(len(one), 6) if one else 0.0


def relations(reading: Reading, inside: range) -> list[Relation]:
    """The relations of time, size and doing that the words at `inside` state."""
    found: list[Relation] = []
    for at in inside:
        word = reading.words[at]
        sentence = reading.sentence(at)
        start = max(sentence.start, inside.start, at - _WIDEST)
        stop = min(sentence.stop, inside.stop, at + _WIDEST)
        if word.lower in _BEFORE | _AFTER | {"when"}:
            left, right = _sides(reading, at, start, stop)
            had = any(reading.words[index].lower == "had" for index in range(start, at))
            if left and right and (word.lower != "when" or had):
                first, second = (right, left) if word.lower in _AFTER else (left, right)
                found.append(Relation("time", word.text, first, second))
        elif word.lower == "than":
            marker = next((reading.words[index].lower for index in range(at - 1, max(start, at - 6) - 1, -1)
                           if reading.words[index].lower in _MORE | _LESS), "")  # fmt: skip
            left, right = _sides(reading, at, start, stop)
            if marker and left and right:
                first, second = (left, right) if marker in _MORE else (right, left)
                found.append(Relation("size", f"{marker} than", first, second))
        found.extend(_doing(reading, at, start, stop))
    return found


def _sides(reading: Reading, at: int, start: int, stop: int) -> tuple[frozenset[str], frozenset[str]]:
    """What stands before and behind a connecting word; one that opens the sentence has its side up to the comma."""
    if at - start <= 1:
        comma = next((index for index in range(at + 1, stop) if "," in reading.gap(index)), stop)
        return _keys(reading, range(comma, stop)), _keys(reading, range(at + 1, comma))
    return _keys(reading, range(start, at)), _keys(reading, range(at + 1, stop))


def _keys(reading: Reading, inside: range) -> frozenset[str]:
    return frozenset(reading.words[index].key for index in inside if reading.words[index].content)


_BE = frozenset("was were is are been be being".split())
_FAR = 24
_AUXILIARY = _BE | frozenset("will would can could may might shall should must has have had did do does to not".split())


def _doing(reading: Reading, at: int, start: int, stop: int) -> Iterator[Relation]:
    """Who stands before a word that may be a verb and who behind it; turned round where it is passive."""
    word = reading.words[at]
    if word.capital or word.quoted or at in (start, stop - 1) or not _is_verb(reading, at):
        return
    before = _actors(reading, range(max(start, at - _FAR), at))
    after = _actors(reading, range(at + 1, min(stop, at + _FAR)))
    if not before or not after:
        return
    auxiliaries = {reading.words[index].lower for index in range(max(start, at - 3), at)}
    behind = [reading.words[index].lower for index in range(at + 1, min(stop, at + 4))]
    passive = (bool(auxiliaries & _BE) and "by" in behind) or behind[:1] == ["by"]
    first, second = (after, before) if passive else (before, after)
    yield Relation("doer:" + word.key, word.text, first - second, second - first)


def _is_verb(reading: Reading, at: int) -> bool:
    """Whether the word looks like a verb that is used as one: a past form, or one behind an auxiliary."""
    word = reading.words[at]
    if word.number or not word.content:
        return False
    before = reading.words[at - 1].lower if at else ""
    return word.lower.endswith(("ed", "ing")) or is_past(word.lower) or before in _AUXILIARY


def _actors(reading: Reading, inside: range) -> frozenset[str]:
    """The roots of the names among some words, and of those whom their pronouns mean."""
    meant = antecedents(reading)
    found: set[str] = set()
    for index in inside:
        word = reading.words[index]
        if index in meant:
            found.add(meant[index][-1])
        elif word.capital and word.content and word.lower not in WEEKDAY and word.lower not in MONTH:
            found.add(word.key)
    return frozenset(found)


def _causes(alignment: Alignment) -> Iterator[Finding]:
    """A cause that the statement names must be named as one in the passages, and of the same two things."""
    claim = alignment.claim
    found = _BECAUSE.search(claim.text) or _SINCE.search(claim.text) or _THEREFORE.search(claim.text)
    if not found:
        return
    said = found.group().strip(" ,")
    held = [passage.reading.text[passage.words[0].start : passage.words[-1].end] for passage in alignment.passages]
    if not any(_STRONG_CAUSE.search(text) for text in held) and not alignment.places(root(said.split()[0].lower())):
        weak = len(held) == 1 and _CAUSAL.search(held[0])
        yield Finding(f"the passage does not say that one came of the other (“{said}”)", hard=not weak)
    elif len(held) > 1:
        at = next(index for index, word in enumerate(claim.words) if word.end > found.start())
        left, right = _sides(claim, at, 0, len(claim.words))
        both = any(
            _STRONG_CAUSE.search(text) and _touches(passage, left) and _touches(passage, right)
            for passage, text in zip(alignment.passages, held, strict=True)
        )
        if not both:
            yield Finding(f"no passage says that one came of the other (“{said}”)")


_SINCE = re.compile(r", since (?!\d|[A-Z]|then\b|last\b|the (?:war|start|end)\b)")


def _touches(passage: Passage, side: frozenset[str]) -> bool:
    keys = {word.key for word in passage.words}
    return len(side & keys) >= max(1, len(side) // 3)


_STRONG_CAUSE = re.compile(
    r"\b(?:because|caus(?:e|ed|es|ing)|due to|owing to|as a result|result(?:ed|s|ing)? (?:in|of|from)|thanks to"
    r"|blam(?:e|ed|es|ing)|prompt(?:ed|s|ing)|trigger(?:ed|s|ing)|forc(?:e|ed|es|ing)|reasons?|why|therefore|thus|hence"
    r"|led to|leads? to|attribut\w+|for want of|so that|so|helped by|swallowed|meant that|brought about|drove|after)\b",
    re.IGNORECASE,
)
