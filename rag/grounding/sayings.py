"""Who says what in a text: reporting verbs with their speakers, pronouns among them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rag.grounding.people import HONORIFICS, TITLES, Name, antecedents, names
from rag.grounding.reading import Passage, Reading

SAYING = frozenset(
    """said says say saying told tells tell telling wrote writes write added adds asked asks testified testifies argued
    argues claimed claims claim insisted insists warned warns stated states announced announces explained explains
    conceded concedes acknowledged acknowledges admitted admits complained complains recalled recalls promised
    promises estimated estimates believes believed estimate declared declares replied replies noted notes reported
    reports called calls described describes denied denies accused blamed suggested predicted maintained maintains
    contended remarked remarks joked accepted put puts""".split()
)
_TELLING = SAYING | {"according", "by"}
_RECKONING = frozenset(
    "count counts reckoning reading readings figure figures estimate estimates account telling data".split()
)
_PRONOUNS = frozenset("he she it they who".split())
_SKIPPED = frozenset("a an the its their his her our of has have had also then later that in on at to".split())
_REACH = 12
_SHORT = 5
_WIDEST = 60
_PLAIN = frozenset({"said", "says", "wrote", "writes", "added", "adds"})
_LEADS = _PRONOUNS | {"the", "a", "an", "its", "his", "her", "one", "two"}
_FINITE = frozenset("was were is are had has have would will could may might did do does can should".split())
_BEEN = frozenset("was were is are been be being".split())


@dataclass(frozen=True, slots=True)
class Saying:
    """A reporting verb and the words that name who speaks, as indices; `what` are the words that are told."""

    verb: int
    speaker: range
    what: range


@lru_cache(maxsize=64)
def sayings(reading: Reading) -> tuple[Saying, ...]:
    """The sayings that a text reports: ``X said``, ``said X``, ``according to X``."""
    found = []
    for at, word in enumerate(reading.words):
        if word.quoted or word.lower not in _TELLING:
            continue
        sentence = reading.sentence(at)
        if word.lower == "according" and at + 2 < sentence.stop:
            speaker = _after(reading, at + 2, sentence)
            what = (
                range(sentence.start, at)
                if at > sentence.start
                else range(min(speaker.stop, sentence.stop), sentence.stop)
            )
            found.append(Saying(at, speaker, _clause(reading, at, what)))
        elif word.lower == "by" and (end := _counted(reading, at, sentence)):
            found.append(Saying(at, range(at + 1, end), _rest(at, end, sentence)))
        elif word.lower in SAYING and not _is_thing(reading, at, sentence):
            made = _spoken(reading, at, sentence)
            if made:
                found.append(Saying(at, made.speaker, _clause(reading, at, made.what)))
    return tuple(found)


def _clause(reading: Reading, verb: int, what: range) -> range:
    """What is told, as far as the semicolon on either side of the verb."""
    breaks = [index for index in what[:_WIDEST] if index > what.start and ";" in reading.gap(index)]
    if not breaks:
        return what
    return range(breaks[-1], what.stop) if what.start < verb else range(what.start, breaks[0])


def _is_thing(reading: Reading, at: int, sentence: range) -> bool:
    """Whether the word is a noun (``the team's claim``), or tells what was said to somebody (``was told``)."""
    if at == sentence.start:
        return False
    before = reading.words[at - 1]
    return (
        before.lower in _BEEN
        or before.text.endswith("'s")
        or before.lower in ("a", "an", "the", "its", "their", "this")
    )


def _counted(reading: Reading, at: int, sentence: range) -> int:
    """Where ``by the police's count`` ends; 0 where the words are no such thing."""
    for index in range(at + 1, min(at + 7, sentence.stop)):
        if reading.words[index].lower in _RECKONING and any(
            "'" in reading.words[other].text or reading.words[other].lower in ("own", "his", "her", "its", "their")
            for other in range(at + 1, index)
        ):
            return index + 1
    return 0


def _rest(at: int, end: int, sentence: range) -> range:
    return range(end, sentence.stop) if at == sentence.start else range(sentence.start, at)


def _spoken(reading: Reading, at: int, sentence: range) -> Saying | None:
    gap = reading.gap(at)
    closes = any(mark in gap for mark in '”",')
    follows = reading.gap(at + 1)
    if (closes or at == sentence.start) and not re.search(r"[:“\"]", follows):
        speaker = _after(reading, at + 1, sentence)
        first = reading.words[speaker.start] if speaker else None
        plain = any(mark in gap for mark in '”"') or reading.words[at].lower in _PLAIN
        quoted = any(mark in gap for mark in '”"')
        whole = quoted or not any(reading.words[index].lower in _FINITE for index in speaker)
        if first and whole and (first.capital or (plain and first.lower in _LEADS)):
            return Saying(at, speaker, range(sentence.start, at))
    speaker = _before(reading, at, sentence)
    if not speaker:
        return None
    lead = reading.gap(speaker.start)
    trailing = speaker.start > sentence.start and any(mark in lead for mark in '”",') and _ends(reading, at, sentence)
    return Saying(at, speaker, range(sentence.start, speaker.start) if trailing else range(at + 1, sentence.stop))


def _ends(reading: Reading, at: int, sentence: range) -> bool:
    """Whether nothing that is told follows the verb: ``…, she said.``"""
    return at + 1 >= sentence.stop or bool(re.search(r"[.,;:]", reading.gap(at + 1)))


def _after(reading: Reading, start: int, sentence: range) -> range:
    end = start
    while end < sentence.stop and end - start < _REACH:
        gap = reading.gap(end)
        titled = (
            end > start
            and gap == ". "
            and (reading.words[end - 1].lower in TITLES or len(reading.words[end - 1].text) == 1)
        )
        if end > start and not titled and re.search(r"[,.;:—()]\s|[”\"]", gap):
            break
        if end > start and reading.words[end].lower in ("who", "that", "in", "on", "at", "when", "after", "as"):
            break
        end += 1
    return range(start, end)


def _before(reading: Reading, verb: int, sentence: range) -> range:
    """The words before the verb back to a break; an insertion between commas is stepped over."""
    stop = verb
    if verb > sentence.start and "," in reading.gap(verb):
        stop = next((index for index in range(verb - 1, sentence.start, -1) if "," in reading.gap(index)), verb)
    start = stop
    while start > sentence.start and verb - start < 2 * _REACH:
        gap = reading.gap(start)
        initial = gap == ". " and (reading.words[start - 1].lower in TITLES or len(reading.words[start - 1].text) == 1)
        if start < stop and not initial and re.search(r"[.;:—”\"“,]", gap):
            break
        if reading.words[start - 1].lower in ("and", "but", "that", "because", "when", "while", "which", "where"):
            break
        start -= 1
    return range(start, verb if verb - stop <= _SHORT else stop)


@lru_cache(maxsize=256)
def speaker_names(reading: Reading, inside: range) -> tuple[Name, ...]:
    """The names of those who say what stands in a span: in its sentences, or by a pronoun there."""
    if not inside:
        return ()
    first = reading.sentence(inside.start).start
    last = reading.sentence(inside.stop - 1).stop
    meant = antecedents(reading)
    quoted = any(reading.words[index].quoted for index in inside)
    if quoted:
        first, last = _paragraph(reading, inside)
    keys: set[str] = set()
    for saying in sayings(reading):
        if first <= saying.verb < last:
            for index in saying.speaker:
                keys |= set(meant.get(index, ()))
                if reading.words[index].capital:
                    keys.add(reading.words[index].key)
    return tuple(name for name in names(reading) if reading.words[name.end - 1].key in keys)


def _paragraph(reading: Reading, inside: range) -> tuple[int, int]:
    begin = reading.text.rfind("\n", 0, reading.words[inside.start].start)
    end = reading.text.find("\n", reading.words[inside.stop - 1].end)
    first, last = inside.start, inside.stop
    while first > 0 and reading.words[first - 1].start > begin:
        first -= 1
    while last < len(reading.words) and (end < 0 or reading.words[last].end <= end):
        last += 1
    return first, last


def speaker_keys(reading: Reading, saying: Saying) -> set[str]:
    """The roots of the words that tell who speaks: names and offices, those of whom a pronoun means for it."""
    meant = antecedents(reading)
    keys: set[str] = set()
    for index in saying.speaker:
        word = reading.words[index]
        if index in meant:
            keys |= {key for key in meant[index] if key not in HONORIFICS}
        elif word.lower in ("it", "they"):
            keys |= _subject_before(reading, index)
        elif word.content and word.lower not in _SKIPPED and word.lower not in HONORIFICS:
            keys.add(word.key)
    return keys


def _subject_before(reading: Reading, at: int) -> set[str]:
    """Whom ``it`` or ``they`` means: the subject of the sentence before, or of this one where it is named."""
    sentence = reading.sentence(at)
    number = reading.words[at].sentence
    start = sentence.start if at - sentence.start > 3 else reading.first[max(number - 1, 0)]
    found = []
    for index in range(start, min(start + 4, at)):
        word = reading.words[index]
        if word.content:
            found.append(word.key)
    return set(found[:3])


def frames(passage: Passage, saying: Saying) -> bool:
    """Whether the saying stands in the span, or frames it: in a sentence or, of a quotation, a paragraph of it."""
    reading, inside = passage.reading, passage.inside
    first = reading.sentence(inside.start).start
    last = reading.sentence(inside.stop - 1).stop
    if any(reading.words[index].quoted for index in inside):
        first, last = _paragraph(reading, inside)
    return first <= saying.verb < last
