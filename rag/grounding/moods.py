"""Whether a thing happened, did not, may have, or is to: the mood of each word of a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

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


@lru_cache(maxsize=64)
def moods(reading: Reading) -> tuple[Mood, ...]:
    """The mood of each word of a text."""
    negative: list[list[int]] = [[] for _ in reading.words]
    possible: list[list[int]] = [[] for _ in reading.words]
    planned: list[list[int]] = [[] for _ in reading.words]
    for at, word in enumerate(reading.words):
        lower = word.lower
        if is_negator(reading, at):
            for index in _scope(reading, at, wide=lower in _DENIES):
                negative[index].append(at)
        if hedges(reading, at):
            for index in _scope(
                reading, at, wide=lower in ("alleged", "alleges", "claims", "claimed", "suggests", "whether", "if")
            ):
                possible[index].append(at)
        if plans(reading, at):
            for index in _scope(reading, at, wide=False):
                planned[index].append(at)
    return tuple(
        Mood(tuple(no), tuple(may), tuple(plan)) for no, may, plan in zip(negative, possible, planned, strict=True)
    )


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
    return lower in PLANS or is_to(reading, at)


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
    return lower in _NOT or lower in _DENIES or lower.endswith("n't")


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
