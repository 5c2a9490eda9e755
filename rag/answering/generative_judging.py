"""What a model gets to read to judge statements by what they cite, and the JSON that it replies with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from rag.answering.passages import Passage, defused, frame, nonce_beside
from rag.grounding.verbatim import squeeze
from rag.text.sentences import split_sentences
from rag.types import Article, Span

Claim = tuple[str, tuple[int, ...]]
"""What is said, and the numbers of the citations that it rests on."""
Place = tuple[Article, Span]

MOST = 20
"""Statements of one call: the verdicts on more would not fit into the reply of every model."""
LONGEST_REASON = 120
_AROUND = 600
"""Characters on either side of a quote in which the rest of its sentence is looked for."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Opinion(_Shape):
    """What the model holds of one statement."""

    number: int = Field(description="the number of the statement")
    reason: str = Field(description="what the passages do not say, or say otherwise, in a few words")
    verdict: Literal["supported", "partly", "unsupported"]


class Opinions(_Shape):
    """A whole reply."""

    opinions: Sequence[Opinion]


class BriefOpinion(Opinion):
    """For a small model, which would go on without end where nothing in the form stops it."""

    reason: str = Field(max_length=LONGEST_REASON)


class BriefOpinions(Opinions):
    """As `BriefOpinion`."""

    opinions: Sequence[BriefOpinion] = Field(max_length=MOST)


@dataclass(frozen=True, slots=True)
class Cited:
    """A claim and the places that it cites."""

    claim: Claim
    places: tuple[Place, ...]

    @property
    def verbatim(self) -> bool:
        """Whether the claim is whole sentences of an article, word for word."""
        return any(
            squeeze(article.text[span.start : span.end]) == self.claim[0]
            and whole_sentences(article.text, span) == span
            for article, span in self.places
        )


def whole_sentences(text: str, quote: Span) -> Span:
    """The sentences that a quote stands in, as one span: what it is torn from may turn its meaning."""
    first = max(0, quote.start - _AROUND)
    inside = Span(quote.start - first, quote.end - first)
    touched = [
        sentence
        for sentence in split_sentences(text[first : quote.end + _AROUND])
        if sentence.start < inside.end and inside.start < sentence.end
    ]
    if not touched:
        return quote
    return Span(min(quote.start, first + touched[0].start), max(quote.end, first + touched[-1].end))


def framed(several: Sequence[Cited]) -> str:
    """The claims, numbered from 1, each after the sentences that it cites, between tags that neither can close."""
    blocks = []
    for number, cited in enumerate(several, 1):
        places = dict.fromkeys((article, whole_sentences(article.text, span)) for article, span in cited.places)
        passages = [Passage(f"{number}.{place}", *found) for place, found in enumerate(places, 1)]
        said = defused(cited.claim[0])
        tag = f"statement-{nonce_beside([said])}"
        blocks.append(f'{frame(passages)}\n\n<{tag} number="{number}">\n{said}\n</{tag}>')
    return "\n\n".join(blocks)
