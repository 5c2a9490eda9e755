"""The numbers of citations in a conversation: each span has one, from its first use to the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from rag.answering.citing import CitedPlace, place_of
from rag.types import Answer, Citation, ConflictValue, Statement

if TYPE_CHECKING:
    from rag.answering.generative import Event

Numbered = TypeVar("Numbered", Statement, ConflictValue)


class Numbering:
    """Gives the citations of answers, each numbered for itself, their numbers in the conversation.

    `earlier` are citations that have theirs already. A number that was given here goes to no other span; one that
    is not among `earlier`, since its article was removed before the conversation was resumed, may be given again.
    """

    def __init__(self, earlier: Iterable[Citation] = ()) -> None:
        self._by_place: dict[CitedPlace, Citation] = {}
        for citation in earlier:
            self._by_place.setdefault(place_of(citation), citation)
        self.last = max((citation.number for citation in self._by_place.values()), default=0)

    def find(self, number: int) -> Citation | None:
        """The citation of that number, `None` where there is none."""
        return next((citation for citation in self._by_place.values() if citation.number == number), None)

    def cite(self, citation: Citation) -> Citation:
        """`citation` with its number in the conversation."""
        place = place_of(citation)
        if place not in self._by_place:
            self.last += 1
            self._by_place[place] = replace(citation, number=self.last)
        return self._by_place[place]

    def answer(self, answer: Answer) -> Answer:
        """`answer` with the numbers of the conversation; the nearest passages of an abstention have theirs too."""
        citations = {citation.number: self.cite(citation) for citation in answer.citations}
        numbers = {number: citation.number for number, citation in citations.items()}
        return replace(
            answer,
            statements=tuple(_renumbered(statement, numbers) for statement in answer.statements),
            conflicts=tuple(
                replace(conflict, values=tuple(_renumbered(value, numbers) for value in conflict.values))
                for conflict in answer.conflicts
            ),
            citations=tuple(citations.values()),
            nearest=tuple(self.cite(citation) for citation in answer.nearest),
        )

    def events(self, events: Iterable[Event]) -> Iterator[Event]:
        """The events of one answer with the numbers of the conversation."""
        numbers: dict[int, int] = {}
        for event in events:
            if isinstance(event, Citation):
                cited = self.cite(event)
                numbers[event.number] = cited.number
                yield cited
            elif isinstance(event, Statement):
                yield _renumbered(event, numbers)
            else:
                yield self.answer(event)


def _renumbered(item: Numbered, numbers: dict[int, int]) -> Numbered:
    return replace(item, citations=tuple(numbers[number] for number in item.citations))
