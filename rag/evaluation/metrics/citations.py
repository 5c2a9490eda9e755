"""Citation recall and precision as ALCE defines them (Gao et al. 2023, "Enabling Large Language Models to Generate
Text with Citations", section 3), with the step that decides what passages bear out left to the caller."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

P = TypeVar("P")

Entails = Callable[[str, Sequence[P]], bool]
"""Whether passages, taken together, bear out a statement."""


@dataclass(frozen=True, slots=True)
class Cited(Generic[P]):
    """A statement and the passages that it cites, in whatever form the entailment step reads them."""

    text: str
    passages: tuple[P, ...]


def citation_recall(statements: Sequence[Cited[P]], entails: Entails[P]) -> float:
    """The share of `statements` that all their citations together bear out; 0 where there are no statements."""
    return sum(borne_out(one, entails) for one in statements) / len(statements) if statements else 0.0


def citation_precision(statements: Sequence[Cited[P]], entails: Entails[P]) -> float:
    """The share of all citations that are of use, over `statements` together; 0 where there are no citations."""
    useful = [use for one in statements for use in of_use(one, entails)]
    return sum(useful) / len(useful) if useful else 0.0


def borne_out(statement: Cited[P], entails: Entails[P]) -> bool:
    """The recall of one statement: whether it cites anything, and all that it cites together bears it out."""
    return bool(statement.passages) and entails(statement.text, statement.passages)


def of_use(statement: Cited[P], entails: Entails[P]) -> tuple[bool, ...]:
    """Whether each citation of one statement is of use.

    None is where all together do not bear the statement out. A citation is of no use either where it does not bear
    the statement out by itself and the others do without it.
    """
    passages = statement.passages
    if not borne_out(statement, entails):
        return (False,) * len(passages)
    if len(passages) == 1:
        return (True,)
    return tuple(
        entails(statement.text, (passage,)) or not entails(statement.text, (*passages[:place], *passages[place + 1 :]))
        for place, passage in enumerate(passages)
    )
