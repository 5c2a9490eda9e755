"""What the passages give only as somebody's saying, told as if it were so."""

from __future__ import annotations

from collections.abc import Sequence, Set

from rag.grounding.reading import Passage, Reading, passages, read
from rag.grounding.sayings import Saying, frames, sayings, speaker_keys
from rag.grounding.verdict import Evidence

_MOSTLY = 0.8


def unattributed(text: str, evidence: Sequence[Evidence]) -> bool:
    """Whether `text` drops who says it: every passage gives it as the saying of someone whom `text` does not name."""
    claim = read(text)
    cited = passages([(item.article, item.span) for item in evidence])
    if sayings(claim) or not cited:
        return False
    return all(_is_told(claim, passage) for passage in cited)


def _is_told(claim: Reading, passage: Passage) -> bool:
    wanted = {word.key for word in claim.words if word.content}
    reading = passage.reading
    first = reading.sentence(passage.inside.start).start
    last = reading.sentence(passage.inside.stop - 1).stop
    held = [
        index for index in range(first, last) if reading.words[index].key in wanted and reading.words[index].content
    ]
    return any(
        frames(passage, saying) and _holds(saying, held) and not _is_named(speaker_keys(reading, saying), wanted)
        for saying in sayings(reading)
        if saying.speaker
    )


def _holds(saying: Saying, words: Sequence[int]) -> bool:
    """Whether what the two have in common, the speaker's own name apart, is of what is told."""
    others = [index for index in words if index not in saying.speaker]
    return bool(others) and sum(index in saying.what for index in others) >= _MOSTLY * len(others)


def _is_named(speaker: Set[str], wanted: Set[str]) -> bool:
    """Whether more than half of what names the speaker is there: ``Anbar`` alone is not its governor."""
    return len(speaker & wanted) * 2 > len(speaker)
