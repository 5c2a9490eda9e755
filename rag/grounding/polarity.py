"""Denials, hedges and plans: none dropped from what a passage says, and none added."""

from __future__ import annotations

from collections.abc import Iterator

from rag.grounding.alignment import Alignment, Place
from rag.grounding.moods import (
    DOUBTS,
    INTENTIONS,
    LEANING,
    Mood,
    hedges,
    is_about_to,
    is_negator,
    mood,
    negators,
    plans,
)
from rag.grounding.morphology import is_past, root
from rag.grounding.reading import Reading
from rag.grounding.verdict import Finding

# How a statement may tell that a thing was about to be.
_NEARING = frozenset("going ready poised verge brink".split())


def check_polarity(alignment: Alignment) -> Iterator[Finding]:
    """Denials and hedges: neither dropped nor added on what the statement shares with its passages."""
    yield from _added(alignment)
    yield from _dropped(alignment)
    yield from _unequal(alignment)


def _unequal(alignment: Alignment) -> Iterator[Finding]:
    """A word that the statement denies and its place in the passages does not, or the other way round.

    In a statement that follows the passages' wording that decides; in a paraphrase it leaves a doubt.
    """
    claim = alignment.claim
    mine = [mood(claim, at) for at in range(len(claim.words))]
    hard = alignment.near_verbatim()
    for at, word in enumerate(claim.words):
        if word.quoted and not mine[at].negative:
            continue
        found = _shared(alignment, at)
        theirs = [_mood_at(alignment, place) for place in found]
        if not theirs:
            continue
        denied = len(mine[at].negative) % 2
        if all(len(held.negative) % 2 != denied for held in theirs):
            reading = _reading(alignment, found[0])
            cause = _around(claim, mine[at].negative[0]) if denied else _around(reading, theirs[0].negative[0])
            same = negators(claim, range(len(claim.words))) == negators(reading, reading.sentence(found[0][1]))
            yield Finding(f"the passage {'does not say' if denied else 'says'} “{cause}”", hard=hard and not same)
            return
        if all(held.possible for held in theirs) and not mine[at].possible:
            cause = _around(_reading(alignment, found[0]), theirs[0].possible[0])
            hedged = _is_hedged(claim)
            yield Finding(f"the passage only says “{cause}”", hard=hard and not hedged)
            return


def _shared(alignment: Alignment, at: int) -> list[Place]:
    """The places of the statement's word that it may speak of; none of a number or of a word that says nothing."""
    word = alignment.claim.words[at]
    return alignment.likely(at) if word.content and not word.number else []


def _mood_at(alignment: Alignment, place: Place) -> Mood:
    return mood(alignment.passages[place[0]].reading, place[1])


def _denies_somehow(alignment: Alignment) -> bool:
    return any(
        is_negator(passage.reading, at)
        or is_about_to(passage.reading, at)
        or passage.reading.words[at].lower in LEANING
        or (passage.reading.words[at].lower[:2] in ("un", "in", "im") and len(passage.reading.words[at].lower) > 6)
        for passage in alignment.passages
        for at in passage.inside
    )


def _claim_leans(claim: Reading) -> bool:
    return any(word.lower in LEANING or is_negator(claim, at) or (word.lower[:2] in ("un",) and len(word.lower) > 5)
               for at, word in enumerate(claim.words))  # fmt: skip


def _added(alignment: Alignment) -> Iterator[Finding]:
    """A denial in the statement that its passages lack."""
    claim = alignment.claim
    mine = [mood(claim, at) for at in range(len(claim.words))]
    for at in range(len(claim.words)):
        if not is_negator(claim, at):
            continue
        governed = [index for index in range(len(claim.words)) if at in mine[index].negative]
        if not _denies_somehow(alignment):
            yield Finding(f"the passage does not say “{_around(claim, at)}”")
            return
        told = [index for index in governed if claim.words[index].content][:2]
        if any(claim.words[index].key == root("say") for index in told):
            continue
        places = [_shared(alignment, index) for index in told]
        if (
            places
            and all(places)
            and not alignment.near_verbatim()
            and not any(
                _mood_at(alignment, place).negative or _near_lean(alignment, place)
                for found in places
                for place in found
            )
        ):
            yield Finding(f"the passage does not deny it: “{_around(claim, at)}”")
            return


def _near_lean(alignment: Alignment, place: Place) -> bool:
    reading = alignment.passages[place[0]].reading
    return any(
        reading.words[index].lower in LEANING or is_negator(reading, index) or is_about_to(reading, index)
        for index in reading.window(place[1], 7)
    )


def _dropped(alignment: Alignment) -> Iterator[Finding]:
    """A denial or a hedge on a word of the passages that the statement has without it."""
    claim = alignment.claim
    mine = [mood(claim, at) for at in range(len(claim.words))]
    leans = _claim_leans(claim)
    hedged = _is_hedged(claim)
    looks_ahead = hedged or any(
        plans(claim, at) or word.lower in INTENTIONS | _NEARING for at, word in enumerate(claim.words)
    )
    for at in range(len(claim.words)):
        found = [place for place in _shared(alignment, at) if _is_verbal(alignment, place)]
        if not found or any(not any(_mood_at(alignment, place)) for place in found):
            continue
        place = found[0]
        told = _mood_at(alignment, place)
        denied = [index for index in told.negative if _governs(alignment, place, index)]
        if len(denied) % 2 and not mine[at].negative and not leans:
            yield Finding(f"the passage says “{_around(_reading(alignment, place), denied[0])}”, not that it is so")
            return
        if mine[at].negative:
            continue
        if [index for index in told.possible if _governs(alignment, place, index)] and not hedged:
            cause = told.possible[0]
            if _reading(alignment, place).words[cause].lower in ("could", "if", "whether") and looks_ahead:
                continue
            yield Finding(f"the passage only says “{_around(_reading(alignment, place), cause)}”")
            return
        if [index for index in told.planned if _governs(alignment, place, index)] and not looks_ahead:
            cause = told.planned[0]
            says = _around(_reading(alignment, place), cause)
            announced = _reading(alignment, place).words[cause].lower in ("will", "shall", "would", "to")
            hard = not announced or _tells_of_the_past(claim)
            yield Finding(f"the passage speaks of what is planned or expected: “{says}”", hard=hard)
            return


def _is_hedged(claim: Reading) -> bool:
    return any(hedges(claim, at) or word.lower in DOUBTS for at, word in enumerate(claim.words))


def _tells_of_the_past(claim: Reading) -> bool:
    """Whether the statement has a past form; one without may tell of what is arranged: ``it opens on Friday``."""
    return any(
        (word.lower.endswith("ed") or is_past(word.lower) or word.lower in ("was", "were", "had"))
        and word.lower not in ("is", "are", "has", "does")
        for word in claim.words
    )


def _reading(alignment: Alignment, place: Place) -> Reading:
    return alignment.passages[place[0]].reading


def _is_verbal(alignment: Alignment, place: Place) -> bool:
    """Whether the word is no name and no number: something that can be denied or planned."""
    word = alignment.word(place)
    return not word.number and not (word.capital and not word.opens) and word.key != root("say")


def _governs(alignment: Alignment, place: Place, by: int) -> bool:
    """Whether the denying or hedging word is cited too, or stands just before the cited words."""
    passage = alignment.passages[place[0]]
    return by in passage.inside or passage.reading.words[by].sentence == passage.reading.words[place[1]].sentence


def _around(reading: Reading, at: int) -> str:
    """The word with the few behind it, as a reader would quote them."""
    sentence = reading.sentence(at)
    last = min(at + 4, sentence.stop - 1)
    first = max(at - 1, sentence.start)
    return " ".join(reading.text[reading.words[first].start : reading.words[last].end].split())
