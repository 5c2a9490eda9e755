"""What a reader is shown: each statement, and each value of a conflict, with the articles that it is cited from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rag.types import Answer


@dataclass(frozen=True, slots=True)
class Shown:
    """Something said, and the ids of the articles that are cited for it, as the benchmark calls them.

    `about` says which of the answer's conflicts it is a value of, and is `None` for a statement.
    """

    text: str
    articles: frozenset[str]
    about: int | None = None


def shown_in(answer: Answer, names: Mapping[str, str]) -> list[Shown]:
    """All that `answer` says; `names` are the benchmark's ids by the library's own."""
    sources = {citation.number: names[citation.article_id] for citation in answer.citations}

    def cited(numbers: tuple[int, ...]) -> frozenset[str]:
        return frozenset(sources[number] for number in numbers)

    said = [Shown(statement.text, cited(statement.citations)) for statement in answer.statements]
    values = [
        Shown(value.value, cited(value.citations), place)
        for place, conflict in enumerate(answer.conflicts)
        for value in conflict.values
    ]
    return said + values
