"""Whose doing it is: what the passages tell of the brother of the mayor is not told of the mayor."""

from __future__ import annotations

from collections.abc import Iterator

from rag.grounding.alignment import Alignment
from rag.grounding.people import TITLES, is_office, people
from rag.grounding.reading import Passage, Reading
from rag.grounding.verdict import Finding

# Who bears one of these names is another than the one, or the body, whose they are said to be.
_OTHERS = frozenset(
    """rival rivals opponent opponents critic critics enemy enemies foe foes victim victims predecessor successor
    competitor competitors brother sister son daughter wife husband widow widower mother father parents uncle aunt
    cousin nephew niece fiance fiancee girlfriend boyfriend bodyguard bodyguards""".split()
)
# What somebody does by these, they may be said to do themselves; not what is done to them.
_HANDS = frozenset(
    """spokesman spokeswoman spokesperson spokespeople office statement letter government administration cabinet team
    campaign staff army forces troops police company firm party lawyer lawyers side""".split()
)
_UNDERGONE = frozenset("was were is are died".split())
_LINKS = frozenset({"of", "for", "to"})
_SMALL = frozenset("a an the his her its their".split())
_LONGEST = 6
_BEHIND = 2


def check_possessors(alignment: Alignment) -> Iterator[Finding]:
    """A person in the statement who does there what in the passages somebody or something of theirs does."""
    claim = alignment.claim
    told = {word.key for word in claim.words}
    for at, word in enumerate(claim.words):
        if not word.content or word.number or word.text.endswith("'s"):
            continue
        places = alignment.places(word.key)
        heads = [_head(alignment.passages[number], claim, at, index) for number, index in places]
        if not heads or None in heads:
            continue
        head, reading = heads[0], alignment.passages[places[0][0]].reading
        if head is not None and not any(reading.words[other].key in told for other in _names_of(reading, head)):
            yield Finding(f"the passage says it of the “{reading.words[head].text}”, not of {word.text}")
            return


def _names_of(reading: Reading, head: int) -> range:
    """The head with the words right before it that say more of it."""
    first = head
    while first > reading.sentence(head).start and reading.gaps[first] == " ":
        before = reading.words[first - 1]
        if not before.content or before.text.endswith("'s"):
            break
        first -= 1
    return range(first, head + 1)


def _head(passage: Passage, claim: Reading, at: int, index: int) -> int | None:
    """The word for whom or what the passage tells it of, where the word at `index` only says whose that is.

    `None` where it is not so, or where the statement goes on with other words than the passage.
    """
    reading = passage.reading
    word = reading.words[index]
    if word.text.endswith("'s"):
        head: int | None = _last_of(reading, index + 1)
    else:
        head = _linked(reading, index)
    behind = max(index, head or 0) + 1
    if head is None or reading.words[head].capital or not _goes_on(reading, behind, claim, at + 1):
        return None
    lower = reading.words[head].lower
    if lower in _HANDS and claim.words[at + 1].lower not in _UNDERGONE:
        return None
    return head if lower in _OTHERS or _is_person(passage, index) else None


def _last_of(reading: Reading, start: int) -> int:
    """The last word of what somebody has: that before the first small word or break behind ``'s``."""
    stop = reading.sentence(start - 1).stop
    end = start
    while end < min(stop - 1, start + 2) and reading.gaps[end + 1] == " " and _is_noun(reading, end + 1):
        end += 1
    return min(end, stop - 1)


def _is_noun(reading: Reading, at: int) -> bool:
    word = reading.words[at]
    return word.content and not word.number and not word.lower.endswith(("ed", "ing", "ly"))


def _linked(reading: Reading, index: int) -> int | None:
    """The word before the ``of`` that leads to the name or noun ending at `index`, where it opens the sentence."""
    sentence = reading.sentence(index)
    for link in range(index - 1, max(sentence.start, index - _LONGEST), -1):
        if reading.gaps[link + 1] not in (" ", ". "):
            return None
        if reading.words[link].lower in _LINKS:
            opens = link - 1 - sentence.start
            small = opens == 0 or (opens <= 2 and reading.words[sentence.start].lower in _SMALL)
            return link - 1 if small and reading.gaps[link] == " " and reading.words[link - 1].content else None
    return None


def _goes_on(reading: Reading, behind: int, claim: Reading, at: int) -> bool:
    """Whether both texts go on with the same words, the first of which is no noun that is told of."""
    theirs = [word.lower for word in reading.words[behind : behind + _BEHIND]]
    ours = [word.lower for word in claim.words[at : at + _BEHIND]]
    return (
        len(ours) == _BEHIND
        and theirs == ours
        and reading.gaps[behind] == claim.gaps[at] == " "
        and ours[0] not in ("and", "or", "of", "in", "at", "on", "for", "to", "said", "says")
    )


def _is_person(passage: Passage, index: int) -> bool:
    """Whether the word ends the name of a person or a word for one."""
    reading = passage.reading
    word = reading.words[index]
    if not word.capital:
        return is_office(word.lower) or word.lower in TITLES
    return any(name.end == index + 1 for name in people(reading))
