"""For and against, done and to be done: small words that turn a sentence round."""

from __future__ import annotations

from collections.abc import Iterator

from rag.grounding.alignment import Alignment, Place
from rag.grounding.moods import plans
from rag.grounding.morphology import is_past
from rag.grounding.reading import Reading
from rag.grounding.verdict import Finding

_OPPOSED = {"for": "against", "against": "for"}
_TO_COME = frozenset("will shall should must".split())
_WAS = frozenset("was were had been has have".split())
_REACH = 3


def check_stances(alignment: Alignment) -> Iterator[Finding]:
    """The statement is not for what the passages are against, and does not put off what they tell as done."""
    claim = alignment.claim
    for at, word in enumerate(claim.words):
        if word.lower not in _OPPOSED and word.lower not in _TO_COME:
            continue
        places = _places_of_the_next(alignment, at)
        if word.lower in _OPPOSED:
            # "Voted against", "evidence against": the word before it has to be the passage's too.
            leading = {claim.words[index].key for index in _before(claim, at) if claim.words[index].content}
            before = [
                {reading.words[index].lower for index in _before(reading, at)}
                for reading, at in places
                if leading & {reading.words[index].key for index in _before(reading, at)}
            ]
            if before and all(_OPPOSED[word.lower] in words and word.lower not in words for words in before):
                yield Finding(f"the passage says “{_OPPOSED[word.lower]}”, not “{word.text}”")
        elif places and all(_is_done(reading, at) for reading, at in places):
            yield Finding(f"the passage tells it as done, not that it “{word.text}” be")


def _places_of_the_next(alignment: Alignment, at: int) -> list[tuple[Reading, int]]:
    """Where the passages hold the first content word behind the one at `at`."""
    claim = alignment.claim
    behind = range(at + 1, min(at + 1 + _REACH, claim.sentence(at).stop))
    following = next((index for index in behind if claim.words[index].content), None)
    if following is None or claim.words[following].number:
        return []
    found: list[Place] = alignment.places(claim.words[following].key)
    return [(alignment.passages[number].reading, index) for number, index in found]


def _before(reading: Reading, at: int) -> range:
    return range(max(reading.sentence(at).start, at - _REACH), at)


def _is_done(reading: Reading, at: int) -> bool:
    """Whether the word is a verb that is told as done, in a sentence that plans nothing."""
    word = reading.words[at]
    done = is_past(word.lower) or word.lower.endswith("ed")
    helped = any(reading.words[index].lower in _WAS for index in _before(reading, at))
    return (done or helped) and not any(plans(reading, index) for index in reading.sentence(at))
