"""Who said it: a saying is told as the one's whose it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.grounding.alignment import Alignment
from rag.grounding.morphology import root
from rag.grounding.people import antecedents, names
from rag.grounding.quotes import resolve
from rag.grounding.reading import Passage, Reading, read
from rag.grounding.sayings import Saying, frames, sayings, speaker_keys
from rag.grounding.verdict import Finding
from rag.types import Span

# How much more of what is told another speaker must be found to say: of one who is named, and of any other.
_CLEARLY, _VERY_CLEARLY = (1.6, 0.15), (2.0, 0.2)
_LONGEST = 60


def check_speakers(alignment: Alignment) -> Iterator[Finding]:
    """Each saying of the statement: the passage has one of the same matter, by the same speaker."""
    claim = alignment.claim
    yield from _check_words(alignment)
    yield from _as_a_fact(alignment)
    told = [
        (passage, saying)
        for passage in alignment.passages
        for saying in sayings(passage.reading)
        if frames(passage, saying)
    ]
    for saying in sayings(claim):
        ours = speaker_keys(claim, saying)
        if not ours or ours <= _publishers(alignment):
            continue
        theirs = [(entry, speaker_keys(entry[0].reading, entry[1])) for entry in told]
        known = [(entry, keys) for entry, keys in theirs if keys]
        if not known:
            continue
        if any(_same(ours, keys) for _, keys in known):
            ours = ours.union(*(keys for _, keys in known if _same(ours, keys)))
            yield from _other_matter(claim, saying, known, ours)
            continue
        if all(keys & _VAGUE for _, keys in known):
            continue
        framing = set().union(*(keys for _, keys in known))
        entry = known[0][0]
        yield Finding(
            f"the passage gives that as what {_label(entry[0].reading, entry[1])} said, not {_label(claim, saying)}",
            hard=bool(_names_of(claim, saying)) or _speaks_elsewhere(alignment, ours, framing),
        )


def _as_a_fact(alignment: Alignment) -> Iterator[Finding]:
    """What stands in the passages between quotation marks alone, told without a speaker."""
    claim = alignment.claim
    content = [word for word in claim.words if word.content]
    if sayings(claim) or any(word.quoted for word in content):
        return
    quoted = [
        word
        for word in content
        if (places := alignment.places(word.key)) and all(alignment.word(place).quoted for place in places)
    ]
    if len(quoted) * 2 > len(content):
        yield Finding("the passage gives it as what somebody said", hard=False)


def _publishers(alignment: Alignment) -> set[str]:
    """The roots of what names the articles themselves, whose saying needs no speaker."""
    own = {"article", "report", "newspaper", "paper", "it"}
    return own | {word.key for passage in alignment.passages for word in read(passage.metadata).words}


_VAGUE = frozenset({"official", "spokesman", "spokeswoman", "statement"})
# What a body that was named before may be called.
_GENERIC = _VAGUE | frozenset(map(root, "group company team union office department report board firm".split()))


def _speaks_elsewhere(alignment: Alignment, keys: set[str], framing: set[str]) -> bool:
    """Whether one of the articles has a speaker who is called so, other than those who speak in the passages."""
    return any(
        keys & theirs and not theirs & framing
        for passage in alignment.passages
        for saying in sayings(passage.reading)
        if (theirs := speaker_keys(passage.reading, saying))
    )


def _names_of(reading: Reading, saying: Saying) -> set[str]:
    return {reading.words[index].key for index in saying.speaker if reading.words[index].capital}


def _same(ours: set[str], theirs: set[str]) -> bool:
    return bool(ours & theirs)


def _other_matter(
    claim: Reading, saying: Saying, known: list[tuple[tuple[Passage, Saying], set[str]]], ours: set[str]
) -> Iterator[Finding]:
    """Both speak in the passage: what is told as the one's must not be the other's."""
    what = {claim.words[index].key for index in saying.what[:_LONGEST] if claim.words[index].content} - ours
    if not what:
        return
    scores: dict[bool, float] = {True: 0.0, False: 0.0}
    told_by: dict[bool, set[str]] = {True: set(), False: set()}
    best: dict[bool, tuple[Passage, Saying]] = {}
    for (passage, told), keys in known:
        words = passage.reading.words
        theirs = {words[index].key for index in told.what[:_LONGEST] if words[index].content}
        mine = _same(ours, keys)
        told_by[mine] |= theirs
        score = len(what & theirs) / len(what)
        if score > scores[mine]:
            scores[mine], best[mine] = score, (passage, told)
    figures = {key for key in what if key[0].isdigit()}
    if (
        figures
        and best.get(False)
        and not speaker_keys(best[False][0].reading, best[False][1]) & _GENERIC
        and not figures & told_by[True]
        and figures <= told_by[False]
    ):
        passage, told = best[False]
        yield Finding(f"the passage has {_label(passage.reading, told)} say that, not {_label(claim, saying)}")
        return
    factor, margin = _CLEARLY if _names_of(claim, saying) else _VERY_CLEARLY
    if scores[False] >= margin * 3 and scores[False] > factor * scores[True] + margin:
        passage, told = best[False]
        yield Finding(f"the passage has {_label(passage.reading, told)} say that, not {_label(claim, saying)}")


def _label(reading: Reading, saying: Saying) -> str:
    meant = antecedents(reading)
    for index in saying.speaker:
        if index in meant:
            keys = meant[index]
            for name in names(reading):
                if reading.words[name.end - 1].key == keys[-1]:
                    return reading.text[reading.words[name.start].start : reading.words[name.end - 1].end]
    if not saying.speaker:
        return "another"
    said = reading.text[reading.words[saying.speaker.start].start : reading.words[saying.speaker.stop - 1].end]
    return said.partition(",")[0]


_QUOTED = re.compile(r"“([^“”]+)”|\"([^\"]+)\"")


def _check_words(alignment: Alignment) -> Iterator[Finding]:
    """What the statement puts in quotation marks stands in a passage word for word."""
    for found in _QUOTED.finditer(alignment.claim.text):
        words = next(group for group in found.groups() if group)
        if not any(resolve(words, _span_text(passage)) for passage in alignment.passages):
            yield Finding(f"the passage does not hold the words “{words.strip()}”")


def _span_text(passage: Passage) -> str:
    words = passage.words
    span = Span(words[0].start, words[-1].end)
    return passage.reading.text[span.start : span.end]
