"""The checks of `rag.grounding` as a classifier of claims: borne out by the texts that they rest on, or not.

Two ways, both decided by the shipped checks alone, with nothing fitted to the data. *Cited*: each sentence of the
claim is checked by all of its texts at once, as a statement is by what it cites. *Found*: as `Library.verify` does
for a user, which first looks for the sentences of these texts that speak of it and tries each by itself. A claim is
taken to be borne out when none of its sentences is unsupported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from string import ascii_lowercase

from evals.bench.adapting import Shelf, shelved, stepped
from evals.bench.results import Row
from rag.evaluation.statistics import estimate
from rag.grounding.reading import read
from rag.grounding.statements import check_statement
from rag.grounding.verdict import Evidence
from rag.text.sentences import split_sentences
from rag.types import Article, Embedder, Progress, Span

Statistic = Callable[[Sequence[bool], Sequence[bool]], float]
"""Of what is right and of what is said, item by item."""

_MARKER = re.compile(r"\s?\[\d{1,3}\]")

CITED = "all of the text cited"
FOUND = "as `rag verify` finds it"


@dataclass(frozen=True, slots=True)
class Claim:
    """A text, the texts that it rests on, whether they bear it out, and what it must not be parted from."""

    text: str
    rests_on: tuple[str, ...]
    right: bool
    group: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim, and whether each way takes it to be borne out."""

    claim: Claim
    cited: bool
    found: bool


def judge(
    claims: Sequence[Claim], label: str, progress: Progress, embedder: Embedder | None = None
) -> tuple[list[Judged], tuple[str, ...]]:
    """Every claim by both ways, and a note on texts that could not be read.

    All texts stand in one library; a search is kept to those of its claim by their publisher.
    """
    outlets: dict[tuple[str, ...], str] = {}
    for claim in claims:
        outlets.setdefault(claim.rests_on, outlet(len(outlets)))
    rows = [
        {"id": f"{name}-{number}", "text": text, "publisher": name}
        for texts, name in outlets.items()
        for number, text in enumerate(texts)
    ]
    with shelved(rows, progress, embedder) as shelf:
        held = _held(shelf)
        judged = []
        for claim in stepped(claims, label, progress):
            name = outlets[claim.rests_on]
            found = shelf.library.verify(claim.text, publisher=name).supported
            judged.append(Judged(claim, borne_out(claim.text, held.get(name, [])), found))
        return judged, shelf.notes


def borne_out(text: str, articles: Sequence[Article]) -> bool:
    """Whether no sentence of `text` is unsupported by the articles, all of their text cited at once.

    Markers of citations are no part of what is said, as they are none for `Library.verify`.
    """
    text = _MARKER.sub("", text)
    evidence = [Evidence(article, Span(0, len(article.text))) for article in articles]
    sentences = [text[start:end] for start, end in split_sentences(text)]
    return all(
        check_statement(sentence, evidence).support != "unsupported" for sentence in sentences if read(sentence).words
    )


def outlet(number: int) -> str:
    """A publisher's name of letters alone: a figure in it could bear out a figure of a claim."""
    letters = ""
    while number >= 0:
        letters = ascii_lowercase[number % 26] + letters
        number = number // 26 - 1
    return f"outlet {letters}"


def measured(
    metric: str, statistic: Statistic, pairs: Sequence[tuple[bool, bool]], groups: Sequence[str], published: str = ""
) -> Row:
    """A figure over pairs of what is right and what is said, with its interval over `groups`."""

    def over(sample: Sequence[tuple[bool, bool]]) -> float:
        return statistic([right for right, _ in sample], [said for _, said in sample])

    return Row(metric=metric, estimate=estimate(pairs, groups, over), published=published)


def _held(shelf: Shelf) -> dict[str, list[Article]]:
    """The articles of each publisher, in their order."""
    held: dict[str, list[Article]] = {}
    numbered = sorted(shelf.names, key=lambda own: int(shelf.names[own].rpartition("-")[2]))
    for own in numbered:
        held.setdefault(shelf.names[own].rpartition("-")[0], []).append(shelf.library.article(own))
    return held
