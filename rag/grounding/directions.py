"""Words with an opposite: what rose did not fall, the first is not the last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from rag.grounding.alignment import Alignment, Place
from rag.grounding.moods import mood
from rag.grounding.morphology import derived
from rag.grounding.reading import Reading
from rag.grounding.verdict import Finding
from rag.text.words import stem

# Pairs of sides; a word may stand in several.
_PAIRS = """
rise rose risen rising up increase increased gain gained grow grew grown growth climb climbed jump jumped soar
soared raise raised lift lifted higher improve improved widen widened advance advanced surge surged added / fall
fell fallen falling down decrease decreased loss lost decline declined drop dropped shrink shrank cut lower lowered
reduce reduced slip slipped narrow narrowed dip dipped plunge plunged slump slumped slide slid trim trimmed worse
shrunk ; more greater higher above over larger bigger exceed exceeded outnumber topped / fewer less lower below
under smaller fall-short ; largest biggest highest most greatest best widest longest tallest record / smallest
lowest least fewest worst narrowest shortest ; first earliest initially initial opening / last latest final finally
; before earlier ahead / after later behind ; faster quicker quickly fast / slower slowly slow ; win won winner
victory beat defeated defeat / lose lost loser ; open opened reopen reopened / close closed shut closing ; accept
accepted agree agreed approve approved back backed support supported favour favoured welcome welcomed pass passed /
reject rejected oppose opposed refuse refused deny denied disputed dismiss dismissed against condemn condemned
criticise criticised disagree ; increase rise / unchanged flat steady ; start started begin began / end ended stop
stopped finish finished ; buy bought / sell sold ; arrive arrived enter entered join joined / leave left depart
departed quit ; inside within / outside beyond ; guilty convicted / innocent acquitted cleared ; male man men boy
husband father son brother / female woman women girl wife mother daughter sister ; dead died killed die / survived
alive survivor ; hot warm warmer hottest / cold cool cooler cool unusually-cool ; early / late ; young younger
youngest / old older oldest ; north northern / south southern ; east eastern / west western ; left / right ;
upstream / downstream ; dearer expensive dear / cheaper cheap ; heavier heavy / lighter light ; deeper deep /
shallower shallow ; strong stronger strengthened / weak weaker weakened ; wet wetter / dry drier ; public / private
; majority / minority ; major serious seriously badly severe / minor slight slightly ; temporary / permanent ; with
/ without ; same / different ; ally allied friend / enemy rival ; success succeeded successful / failure failed
unsuccessful ; possible / impossible ; legal lawful lawfully / illegal unlawful unlawfully ; safe / unsafe dangerous
; winter / summer ; morning / evening afternoon night ; day daytime / night overnight ; local / national foreign ;
upper / lower ; top / bottom ; maximum / minimum ; increase / drop ; arrest arrested detained held / release
released freed ; lend lent / borrow borrowed ; import imported / export exported ; gave give given / received
receive ; positive / negative ; attacked attack struck hit / defended defend ; optimistic / pessimistic ; present /
absent
"""

Sides = dict[str, set[str]]


def _opposites() -> Sides:
    found: Sides = defaultdict(set)
    for pair in _PAIRS.split(";"):
        left, _, right = pair.partition("/")
        for word in left.split():
            found[word] |= set(right.split())
        for word in right.split():
            found[word] |= set(left.split())
    return found


_OPPOSITE = _opposites()


def check_directions(alignment: Alignment) -> Iterator[Finding]:
    """A word of the statement whose opposite stands in its place in the passages."""
    claim = alignment.claim
    forms = _forms(alignment)
    for at, word in enumerate(claim.words):
        against = _OPPOSITE.get(word.lower)
        if not against or word.quoted:
            continue
        others = [place for form in against for place in forms.get(form, ())]
        if not others:
            continue
        own = [place for form in _alike(word.lower) for place in forms.get(form, ())]
        slot = _in_its_slot(alignment, at, own, others) or _of_its_subject(alignment, at, own, others)
        if slot is not None:
            yield Finding(f"the passage says “{alignment.word(slot).text}”, not “{word.text}”")
            continue
        place = alignment.best(at, others) if not own else alignment.rival(at, own, others)
        enough = _CLEAR if word.lower in _LOOSE else _FAINT
        if place is None or (not own and alignment.closeness(at, place) < enough):
            continue
        if bool(mood(claim, at).negative) != bool(mood(alignment.passages[place[0]].reading, place[1]).negative):
            continue
        if not own and _explained(alignment, word.lower):
            continue
        yield Finding(f"the passage says “{alignment.word(place).text}”, not “{word.text}”")


_FAINT, _CLEAR = 0.35, 0.9
_SLOT = 3
# Words of many uses: what surrounds them must agree more before one stands for the other's opposite.
_LOOSE = frozenset(
    """later earlier before after ahead behind first last early late latest final finally up down over under with
without
    inside within outside out above below back backed pass passed right left same different with given give gave
received
    receive top bottom day night add added cut""".split()
)


def _in_its_slot(alignment: Alignment, at: int, own: list[Place], others: list[Place]) -> Place | None:
    """The opposite word, where it stands between the very words that the statement's stands between."""
    best = max(others, key=lambda place: alignment.neighbours(at, place))
    here = max((alignment.neighbours(at, place) for place in own), default=0)
    return best if alignment.neighbours(at, best) >= _SLOT > here else None


def _of_its_subject(alignment: Alignment, at: int, own: list[Place], others: list[Place]) -> Place | None:
    """The opposite word, where it stands behind what the statement's stands behind, and its own does not."""
    wanted = _subject(alignment.claim, at)
    if not own or not wanted:
        return None
    held = {_subject(alignment.passages[number].reading, index) for number, index in own}
    against = [place for place in others if _subject(alignment.passages[place[0]].reading, place[1]) == wanted]
    return against[0] if against and wanted not in held and None not in held else None


def _subject(reading: Reading, at: int) -> str | None:
    """The root of the content word right before, small words between them apart."""
    for index in range(at - 1, max(reading.sentence(at).start, at - 3) - 1, -1):
        if any(mark in reading.gap(index + 1) for mark in ",;:—"):
            return None
        if reading.words[index].content:
            return reading.words[index].key
    return None


def _explained(alignment: Alignment, word: str) -> bool:
    """Whether a word of the statement's own direction stands in the passages in another form."""
    base = derived(stem(word))
    return any(derived(stem(other.lower)) == base for passage in alignment.passages for other in passage.words)


def _alike(word: str) -> set[str]:
    """The words on the same side of any line."""
    same = {word}
    for other in _OPPOSITE[word]:
        same |= _OPPOSITE[other]
    return same - _OPPOSITE[word]


def _forms(alignment: Alignment) -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = defaultdict(list)
    for number, passage in enumerate(alignment.passages):
        for index in passage.inside:
            lower = passage.reading.words[index].lower
            if lower in _OPPOSITE:
                found[lower].append((number, index))
    return found
