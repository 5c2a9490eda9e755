"""All, most, some, none and only: a statement may not take in more than its passages do."""

from __future__ import annotations

from collections.abc import Iterator

from rag.grounding.alignment import Alignment
from rag.grounding.quantities import Quantity, quantities
from rag.grounding.verdict import Finding

_ALL = frozenset(
    """all every each entire entirely whole wholly always everyone everybody everything fully completely
unanimously unanimous throughout everywhere""".split()
)
_NONE = frozenset("none nobody nothing never no".split())
_MOST = frozenset("most mostly majority mainly largely".split())
_SOME = frozenset(
    """some several many most few part partly half third quarter including included among mostly nearly almost
    one""".split()
)
_ONLY = frozenset("only sole solely alone exclusively just".split())
_STRICT = frozenset("all every each everyone everybody always unanimously".split())
_BOTH = frozenset({"both"})


def check_quantifiers(alignment: Alignment) -> Iterator[Finding]:
    """Each quantifier of the statement: the passages hold one as wide."""
    claim = alignment.claim
    held = {word.lower for passage in alignment.passages for word in passage.words}
    for at, word in enumerate(claim.words):
        if word.quoted or word.lower not in _ALL | _MOST | _ONLY:
            continue
        if word.lower in _ALL and not held & (_ALL | _NONE | _BOTH) and not _is_time(alignment, at):
            numbers = [item.text for item in _held(alignment) if item.kind in ("count", "part")]
            partial = sorted(held & _SOME) or numbers
            shown = f": it says “{partial[0]}”" if partial else ""
            yield Finding(f"the passage does not say “{word.text}”{shown}", hard=bool(partial) or word.lower in _STRICT)
        elif (
            word.lower in _MOST
            and word.lower == "most"
            and not held & (_MOST | _ALL)
            and not _superlative(alignment, at)
        ):
            over_half = any(item.kind == "part" and item.value >= 0.5 for item in _held(alignment))
            if not over_half:
                yield Finding("the passage does not say “most”", hard=bool(held & _SOME))
        elif word.lower in _ONLY and not held & (_ONLY | _NONE | {"not", "but", "first"}):
            yield Finding(f"the passage does not say “{word.text}”", hard=False)
    yield from _widened(alignment)


def _held(alignment: Alignment) -> list[Quantity]:
    """The numbers of the passages."""
    return [
        item
        for passage in alignment.passages
        for item in quantities(passage.reading, passage.inside)
        if item.start in passage.inside
    ]


def _is_time(alignment: Alignment, at: int) -> bool:
    """``all day``, ``all the same``, ``after all``, ``above all``: no count of things."""
    claim = alignment.claim
    after = claim.words[at + 1].lower if at + 1 < len(claim.words) else ""
    before = claim.words[at - 1].lower if at else ""
    if after in ("day", "night", "along", "same", "right", "year", "but"):
        return True
    closes = at + 1 >= len(claim.words) or claim.gap(at + 1).strip() != ""
    return before in ("after", "above", "at") or (before == "in" and closes)


def _superlative(alignment: Alignment, at: int) -> bool:
    before = alignment.claim.words[at - 1].lower if at else ""
    return before in ("the", "its", "his", "her", "their", "at")


def _widened(alignment: Alignment) -> Iterator[Finding]:
    """``all`` in both texts, but bound in the passage to another, smaller thing."""
    claim = alignment.claim
    for at, word in enumerate(claim.words):
        if word.lower != "all" or word.quoted:
            continue
        own = alignment.places("all")
        others = [
            place
            for form in ("some", "several", "most", "many", "nearly", "almost")
            for place in alignment.places(form)
        ]
        if own and others:
            rival = alignment.rival(at, own, others)
            if rival is not None:
                yield Finding(f"the passage says “{alignment.word(rival).text}”, not “all”")
