"""Any text of a user's, sentence by sentence, against the passages that are found for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.grounding.coverage import Similarity
from rag.grounding.reading import read
from rag.grounding.statements import check_statement
from rag.grounding.verdict import RANK, Evidence, Verdict
from rag.text.sentences import split_sentences
from rag.types import Span

Find = Callable[[str], Sequence[Evidence]]
"""The passages that may bear a sentence out, the likeliest first; empty where there are none."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence of the text, its verdict, and the passages that it was reached by; none where none was found."""

    span: Span
    verdict: Verdict
    evidence: tuple[Evidence, ...] = ()


def check_text(text: str, find: Find, similarity: Similarity | None = None) -> list[Checked]:
    """Check every sentence of `text` by each passage found for it, and keep the best verdict.

    A sentence for which nothing is found is unsupported; one that holds no word is left out.
    """
    checked = []
    for span in split_sentences(text):
        sentence = text[span.start : span.end]
        if read(sentence).words:
            checked.append(_check_sentence(sentence, span, find(sentence), similarity))
    return checked


def _check_sentence(sentence: str, span: Span, found: Sequence[Evidence], similarity: Similarity | None) -> Checked:
    best = Checked(span, Verdict("unsupported", "nothing was found that speaks of it"))
    for evidence in found:
        verdict = check_statement(sentence, [evidence], similarity)
        if not best.evidence or RANK[verdict.support] > RANK[best.verdict.support]:
            best = Checked(span, verdict, (evidence,))
        if verdict.support == "verified":
            break
    return best
