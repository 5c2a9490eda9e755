"""Whether a thing happened, did not, may have, or is to: the mood of each word of a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from rag.grounding.morphology import is_past
from rag.grounding.reading import Reading

_NOT = frozenset(
    """not no never none neither nor without nobody nothing nowhere cannot hardly scarcely barely unable lacked lacks
    lack lacking absence unlikely""".split()
)
# These deny what they govern, up to the end of their sentence.
_DENIES = frozenset(
    """denied denies deny denying refused refuses refuse declined declines decline failed fails fail rejected rejects
    reject dismissed dismisses dismiss disputed disputes dispute refuted unaware avoided avoids avoid
    prevented refusing failing rejecting dismissing averted averts avert averting thwarted foiled threw
    ruled""".split()
)
_MISSES = frozenset("almost nearly virtually practically".split())
_KEEPS = frozenset("keep keeps kept keeping stop stops stopped stopping bar bars barred block blocked saved".split())
# Read as denials only where the statement needs one: they deny nothing by themselves.
LEANING = frozenset(
    """only few too unhurt unchanged little unknown away unopened false wrong free clean alone yet instead rather
    stayed absent missing dropped end fewer less least out last few""".split()
)
HEDGES = frozenset(
    """may might could perhaps possibly maybe likely probably suggests suggest suggested suggesting appears appear
    appeared seems seem seemed alleged alleges allege allegedly reportedly apparently claimed claims claim claiming
    suspected suspects believed thought potentially presumably if whether unless unclear uncertain accused
    conceivably possible potential rumours rumour rumors rumor rumoured rumored attempted risk feared fears hint
    hinted""".split()
)
PLANS = frozenset(
    """plans plan planned planning hopes hope hoped hoping wants want wanted intends intend intended aims aim aimed
    proposes propose proposed considers considering considered expected expects expect seeks seek sought demand
    demanded urged asked asks ask forecast due scheduled calls called should offered promised pledged vowed threatened
    will shall would set""".split()
)
_SEEMING = frozenset("seem seems seemed appear appears appeared".split())
# Plans only with what is planned behind them: "wants to", "calls for", "set to".
INTENTIONS = frozenset(
    """plans plan hopes hope hoped hoping wants want wanted intends intend intended aims aim aimed seeks seek sought
    demand demanded urged asked asks ask calls called set offered promised threatened""".split()
)
_STOP = re.compile(r"[;:.!?—]|\n")
_SCOPE = 3
_WIDEST = 60


DOUBTS = frozenset(
    """hint hints chance unsure doubt doubts suspicion unconfirmed unproven uncertain estimates estimate estimated
    allegation allegations alleged accusation claim""".split()
)


class Mood(NamedTuple):
    """How a word is meant: denied, possible, wished or planned; by which words."""

    negative: tuple[int, ...] = ()
    possible: tuple[int, ...] = ()
    planned: tuple[int, ...] = ()


_PLAIN = Mood()


def mood(reading: Reading, at: int) -> Mood:
    """The mood of a word, which the words of its own sentence decide."""
    return _moods(reading, reading.words[at].sentence).get(at, _PLAIN)


@lru_cache(maxsize=1024)
def _moods(reading: Reading, sentence: int) -> dict[int, Mood]:
    """The mood of each word of a sentence that is not told plainly."""
    negative: dict[int, list[int]] = {}
    possible: dict[int, list[int]] = {}
    planned: dict[int, list[int]] = {}
    for at in range(reading.first[sentence], reading.first[sentence + 1]):
        lower = reading.words[at].lower
        if is_negator(reading, at):
            for index in _scope(reading, at, wide=lower in _DENIES):
                negative.setdefault(index, []).append(at)
        if hedges(reading, at):
            for index in _scope(
                reading, at, wide=lower in ("alleged", "alleges", "claims", "claimed", "suggests", "whether", "if")
            ):
                possible.setdefault(index, []).append(at)
        if plans(reading, at):
            for index in _scope(reading, at, wide=False):
                planned.setdefault(index, []).append(at)
    return {
        at: Mood(*(tuple(governing.get(at, ())) for governing in (negative, possible, planned)))
        for at in negative.keys() | possible.keys() | planned.keys()
    }


def negators(reading: Reading, inside: range) -> int:
    """How many of the words at `inside` deny."""
    return sum(is_negator(reading, index) for index in inside)


def hedges(reading: Reading, at: int) -> bool:
    """Whether the word makes what follows no more than possible."""
    word = reading.words[at]
    after = reading.words[at + 1].lower if at + 1 < len(reading.words) else ""
    if word.lower in _SEEMING:
        return after in ("to", "that", "likely")
    return word.lower in HEDGES and not (word.lower == "may" and word.capital)


def plans(reading: Reading, at: int) -> bool:
    """Whether the word makes what follows something to come: planned, wished, expected."""
    lower = reading.words[at].lower
    after = reading.words[at + 1].lower if at + 1 < len(reading.words) else ""
    if lower in INTENTIONS:
        return after in ("to", "for", "that")
    if lower == "about":
        return is_about_to(reading, at)
    return lower in PLANS or is_to(reading, at)


def is_about_to(reading: Reading, at: int) -> bool:
    """Whether the word is the ``about`` of ``about to``."""
    words = reading.words[at : at + 2]
    return [word.lower for word in words] == ["about", "to"] and reading.gap(at + 2) == " "


def is_negator(reading: Reading, at: int) -> bool:
    """Whether the word denies: ``not``, ``n't``, ``no one``, ``denied that``."""
    word = reading.words[at]
    lower = word.lower
    after = reading.words[at + 1].lower if at + 1 < len(reading.words) else ""
    if lower == "not" and ((after in ("only", "just") and _but(reading, at)) or _until(reading, at)):
        return False
    if lower == "no" and (after in ("longer", "doubt") or (reading.gap(at + 1).startswith(".") and after.isdigit())):
        return after == "longer"
    if lower == "ruled" or lower == "threw":
        return after == "out" or any(
            reading.words[index].lower == "out" for index in reading.window(at, 6) if index > at
        )
    return lower in _NOT or lower in _DENIES or lower.endswith("n't") or _misses(reading, at) or _keeps(reading, at)


def _misses(reading: Reading, at: int) -> bool:
    """Whether the word tells that a thing did not quite happen: ``almost fell``, not ``almost 30``."""
    following = reading.words[at + 1].lower if at + 1 < reading.sentence(at).stop else ""
    if reading.words[at].lower in _MISSES:
        return is_past(following) or following.endswith("ed")
    if reading.words[at].lower == "close":
        return following == "to" and _doing(reading, at + 2)
    return reading.words[at].lower in ("miss", "misses", "missed") and _doing(reading, at + 1)


def _keeps(reading: Reading, at: int) -> bool:
    """Whether the word is the ``from`` of ``kept the fire from spreading``."""
    return (
        reading.words[at].lower == "from"
        and _doing(reading, at + 1)
        and any(reading.words[index].lower in _KEEPS for index in reading.window(at, 6) if index < at)
    )


def _doing(reading: Reading, at: int) -> bool:
    return at < len(reading.words) and len(reading.words[at].lower) > 5 and reading.words[at].lower.endswith("ing")


def _but(reading: Reading, at: int) -> bool:
    return any(reading.words[index].lower in ("but", "also") for index in reading.sentence(at) if index > at)


def _until(reading: Reading, at: int) -> bool:
    """``not … until``: it did happen."""
    return any(reading.words[index].lower == "until" for index in reading.window(at, 4) if index > at)


def is_to(reading: Reading, at: int) -> bool:
    """Whether the word is the ``to`` of ``is to``."""
    return (
        reading.words[at].lower == "to"
        and at > 0
        and reading.words[at - 1].lower in ("is", "are", "was", "were", "due")
    )


def _scope(reading: Reading, at: int, *, wide: bool) -> Iterator[int]:
    """The words that one governs: those behind it in its clause, or to the end of its sentence."""
    sentence = reading.sentence(at)
    quoted = reading.words[at].quoted
    counted = 0
    for index in range(at + 1, min(sentence.stop, at + 1 + _WIDEST)):
        gap = reading.gap(index)
        word = reading.words[index]
        if (
            _STOP.search(gap)
            or (quoted and not word.quoted)
            or word.lower in ("but", "although", "though", "because", "while")
        ):
            return
        if wide and "," in gap and word.lower.endswith("ing"):
            return
        if not wide and ("," in gap or (word.lower in ("and", "who", "which") and counted > 1)):
            return
        if not wide and counted >= _SCOPE:
            return
        yield index
        counted += word.content
