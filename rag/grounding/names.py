"""Names of people, places and bodies: each stands in what is cited, and is borne by who did the thing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from rag.grounding.alignment import Alignment, Place
from rag.grounding.people import COUNTRIES, TITLES, Name, antecedents, is_joiner, is_office, names
from rag.grounding.reading import Passage, Reading, read
from rag.grounding.sayings import speaker_names
from rag.grounding.verdict import Finding

_DEMONYMS = ("ians", "ian", "ans", "an", "ns", "n", "ese", "ish", "is", "i", "ers", "er", "ite", "s")
_BACKWARDS = frozenset("he she it they his her its their".split())
_PAIRED = 8
_LEAD_WORDS = 8
_REFERRING = frozenset("it its they their them company firm".split())
_SAME_SLOT = 3
_WIDE = frozenset({"united", "states", "kingdom", "government", "administration"})


def check_names(alignment: Alignment) -> Iterator[Finding]:
    """Each name of the statement against the passages and what their articles say of themselves."""
    claim = alignment.claim
    for name in names(claim, alignment.beside):
        held = [_held(passage, name, claim) for passage in alignment.passages]
        missing = min((gone for gone, _ in held), key=len, default=[])
        if missing:
            meant = any(set(missing) <= _meant_by_reference(passage) for passage in alignment.passages)
            yield Finding(f"the passage does not name {_written(claim, name)}", hard=not meant)
            continue
        if not any(joined for gone, joined in held if not gone):
            yield Finding(f"the article has no {_written(claim, name)}")
            continue
        yield from _borne_by_another(alignment, name)
    yield from _exchanged(alignment)


def _meant_by_reference(passage: Passage) -> set[str]:
    """The names of the article's first sentence, where the span refers back by ``it`` or ``the company``.

    Whom it means so is likely, not certain: the name leaves a doubt and does not refute.
    """
    reading = passage.reading
    framed = range(reading.sentence(passage.inside.start).start, reading.sentence(passage.inside.stop - 1).stop)
    if not any(reading.words[index].lower in _REFERRING for index in framed):
        return set()
    lead = next((index for index in range(len(reading.words)) if len(reading.sentence(index)) >= _LEAD_WORDS), 0)
    return {reading.words[index].lower for index in reading.sentence(lead) if reading.words[index].capital}


def _exchanged(alignment: Alignment) -> Iterator[Finding]:
    """Two names of the statement that stand each in the place of the other."""
    claim = alignment.claim
    said = [name for name in names(claim, alignment.beside) if alignment.places(claim.words[name.end - 1].key)]
    for number, one in enumerate(said):
        for other in said[number + 1 : number + 1 + _PAIRED]:
            first, second = one.end - 1, other.end - 1
            ones, others = (alignment.places(claim.words[at].key) for at in (first, second))
            if not set(ones) & set(others) and (
                alignment.exchanged(first, ones, second, others)
                or alignment.exchanged(one.start, _starts(alignment, one), other.start, _starts(alignment, other))
            ):
                yield Finding(
                    f"the passage has {_written(claim, one)} and {_written(claim, other)} the other way round"
                )


def _starts(alignment: Alignment, name: Name) -> list[Place]:
    return alignment.places(alignment.claim.words[name.start].key)


def _held(passage: Passage, name: Name, claim: Reading) -> tuple[list[str], bool]:
    """The words of the name that the passage lacks, and whether its article joins them as the statement does."""
    known = known_names(passage)
    words = [claim.words[index].lower for index in range(name.start, name.end)]
    missing = [word for word in words if not is_known(word, known) and not _titled(word, passage)]
    if missing and _acronym_of(words, passage):
        return [], True
    return missing, _joined(words, passage)


def known_names(passage: Passage) -> frozenset[str]:
    """The words that may name something in a statement that cites this passage, in lower case.

    Those of the sentences that the span is of and of the article's metadata; who is meant by their pronouns and
    who says their quotations; and the rest of a name of which the span holds the last word.
    """
    return _known(passage.reading, passage.inside, passage.metadata)


@lru_cache(maxsize=256)
def _known(reading: Reading, inside: range, metadata: str) -> frozenset[str]:
    first = reading.sentence(inside.start)
    if reading.words[first.start].lower in _BACKWARDS and first.start > 0:
        first = reading.sentence(first.start - 1)
    framed = range(first.start, reading.sentence(inside.stop - 1).stop)
    own = {reading.words[index].lower for index in framed if reading.words[index].capital or index in inside}
    own |= {word.lower for word in read(metadata).words}
    meant = antecedents(reading)
    keys = {key for index in framed for key in meant.get(index, ())}
    for name in speaker_names(reading, inside):
        own |= {reading.words[index].lower for index in range(name.start, name.end)}
    for name in names(reading):
        words = [reading.words[index] for index in range(name.start, name.end)]
        lowers = [word.lower for word in words if word.lower not in TITLES]
        if (lowers and lowers[-1] in own and len(words) > 1) or (keys and {word.key for word in words} & keys):
            own |= set(lowers)
            own |= {word.lower for word in words}
    acronyms = {reading.words[index].lower for index in framed if _is_acronym(reading.words[index].text)}
    own |= _spelled_out(reading, acronyms)
    return frozenset(own | {TITLES[word] for word in own if word in TITLES})


def _is_acronym(text: str) -> bool:
    return text.replace(".", "").isupper() and len(text) > 1


def _spelled_out(reading: Reading, acronyms: set[str]) -> set[str]:
    """The words of the names whose initials one of the acronyms is, or which stand next to one: ``X (Y)``."""
    found: set[str] = set()
    for name in names(reading) if acronyms else ():
        words = [word.lower for word in reading.words[name.start : name.end]]
        beside = name.end < len(reading.words) and reading.gap(name.end).strip() in ("(", ",")
        followed = {word.lower for word in reading.words[name.end : name.end + 3]} if beside else set()
        initials = "".join(word[0] for word in words)
        ends = {initials[at:] for at in range(len(initials))} | {"".join(w[0] for w in words if not is_joiner(w))}
        if len(words) > 1 and (ends | followed) & acronyms:
            found |= set(words)
    return found


def is_known(word: str, known: frozenset[str]) -> bool:
    """Whether a word names something that `known` names: as it is, in the plural, or as a people's name."""
    plain = word.removesuffix("'")
    if plain in known or plain.removesuffix("s") in known or plain + "s" in known:
        return True
    if TITLES.get(plain, plain) in known:
        return True
    country = COUNTRIES.get(plain)
    if country and any(COUNTRIES.get(other) == country for other in known):
        return True
    if plain in _WIDE and "us" in known | {COUNTRIES.get(other, "") for other in known}:
        return True
    if "-" in plain:
        return all(is_known(part, known) for part in plain.split("-"))
    return any(_same_root(plain, other) for other in known if other[:4] == plain[:4])


def _same_root(one: str, other: str) -> bool:
    """Whether one is the other with an ending that makes a people's name: ``Iran`` and ``Iranian``."""
    short, long = sorted((one, other), key=len)
    if len(short) < 4:
        return False
    for ending in _DEMONYMS:
        if long.endswith(ending) and long.removesuffix(ending) in (short, short.rstrip("aeio"), short[:-1]):
            return len(long.removesuffix(ending)) >= 4
    return False


def _titled(word: str, passage: Passage) -> bool:
    """Whether the word is a title or office written with a capital, which another check judges."""
    if word in TITLES or is_joiner(word):
        return True
    reading = passage.reading
    sentences = range(reading.sentence(passage.inside.start).start, reading.sentence(passage.inside.stop - 1).stop)
    return (is_office(word) and _is_small_in(reading, word)) or any(
        reading.words[index].lower == word for index in sentences
    )


@lru_cache(maxsize=4096)
def _is_small_in(reading: Reading, word: str) -> bool:
    return any(other.lower == word and not other.capital for other in reading.words)


def _acronym_of(words: Sequence[str], passage: Passage) -> bool:
    """Whether the name spells out, or shortens, one that the span holds."""
    reading = passage.reading
    if len(words) == 1 and 2 <= len(words[0]) <= 8:
        for name in names(reading):
            if name.start in passage.inside and name.end - name.start > 1:
                initials = [word.lower[0] for word in reading.words[name.start : name.end] if not is_joiner(word.lower)]
                if "".join(initials).endswith(words[0]):
                    return True
    initials_said = "".join(word[0] for word in words if not is_joiner(word))
    return len(words) > 1 and any(
        word.lower == initials_said and word.text.replace(".", "").isupper() for word in passage.words
    )


def _joined(words: Sequence[str], passage: Passage) -> bool:
    """Whether the article, or its metadata, puts the last two words of a name together as well."""
    if len(words) > 1 and (words[-2] in TITLES or is_office(words[-2])):
        return True
    bare = [word for word in words if word not in TITLES and not is_joiner(word)]
    pairs = list(pairwise(bare))
    if not pairs:
        return True
    held = _pairs(passage.reading) | _pairs(read(passage.metadata))
    first, second = pairs[-1]
    if (first, second) in held:
        return True
    surnames = {pair[1] for pair in held}
    return not (second in surnames and _is_name_only(passage.reading, second) and _is_name_only(passage.reading, first))


def _is_name_only(reading: Reading, word: str) -> bool:
    return not _is_small_in(reading, word)


@lru_cache(maxsize=64)
def _pairs(reading: Reading) -> frozenset[tuple[str, str]]:
    found = set()
    for name in names(reading):
        words = [reading.words[index].lower for index in range(name.start, name.end)]
        found |= set(pairwise(words))
        if len(words) > 2:
            found |= set(zip(words, words[2:], strict=False))
    return frozenset(found)


def _written(claim: Reading, name: Name) -> str:
    return claim.text[claim.words[name.start].start : claim.words[name.end - 1].end]


def _shortened(reading: Reading, name: Name, keys: set[str]) -> bool:
    """Whether one of the words is the name's initials."""
    words = [reading.words[index].lower for index in range(name.start, name.end)]
    initials = "".join(word[0] for word in words if not is_joiner(word))
    return len(words) > 1 and any(len(key) > 1 and initials.endswith(key) for key in keys)


def _borne_by_another(alignment: Alignment, name: Name) -> Iterator[Finding]:
    """A name whose surroundings in the statement are those of another name in the passage."""
    claim = alignment.claim
    last = claim.words[name.end - 1]
    own = alignment.places(last.key)
    if not own:
        return
    ours = {
        claim.words[index].key for other in names(claim, alignment.beside) for index in range(other.start, other.end)
    }
    others: list[Place] = []
    labels: dict[Place, str] = {}
    for number, passage in enumerate(alignment.passages):
        for other in names(passage.reading):
            same = {passage.reading.words[index].key for index in range(other.start, other.end)} & ours
            if other.end - 1 in passage.inside and not same and not _shortened(passage.reading, other, ours):
                place = (number, other.end - 1)
                others.append(place)
                labels[place] = _written(passage.reading, other)
        for index in passage.inside:
            meant = alignment.names.get((number, index), ())
            if meant and not set(meant) & ours:
                others.append((number, index))
    # In the name's own sentence, what is near it is near the others too: only a place between the same words tells.
    own_sentences = {(number, alignment.word((number, index)).sentence) for number, index in own}
    others = [
        place
        for place in others
        if (place[0], alignment.word(place).sentence) not in own_sentences
        or alignment.neighbours(name.end - 1, place) >= _SAME_SLOT
    ]
    # The name says nothing about whose surroundings they are.
    rest = set(range(len(claim.words))) - set(range(name.start, name.end))
    rival = alignment.rival(name.end - 1, own, others, rest)
    if rival is not None:
        instead = f"says it of {labels[rival]}, not" if rival in labels else "does not say it"
        yield Finding(f"the passage {instead} of {_written(claim, name)}")
