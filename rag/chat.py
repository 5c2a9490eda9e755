"""A conversation over a library: follow-ups are understood, citations keep their numbers, and it can be saved."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rag.answering.conversation import Past, standing_alone
from rag.answering.conversation_numbering import Numbering
from rag.errors import NotFoundError, UserError
from rag.storage.chats import SavedChats, SavedTurn, damaged, stored_name
from rag.types import SCHEMA, Answer, Article, Citation, Usage, encodable

if TYPE_CHECKING:
    from collections.abc import Generator

    from rag.answering.conversation_rewriting import Rewriter, Understood
    from rag.answering.generative import Event
    from rag.library import Library

_MARKER = re.compile(r" \[\d{1,9}\]")
_MOST_PAST = 20
"""Earlier turns from outside that are read, the newest: nobody's "he" was named longer ago."""
_LONGEST_SAID = 4_000
"""Characters of what was said in one of them."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question as it was typed and as it stands alone, and its answer.

    That is `None` once an article that it shows has been removed.
    """

    question: str
    standalone: str
    answer: Answer | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        answer = None if self.answer is None else self.answer.to_dict()
        return {"question": self.question, "standalone": self.standalone, "answer": answer}


class Chat:
    """A conversation; made by `Library.chat`. It is used from one thread at a time."""

    def __init__(
        self,
        library: Library,
        saved: SavedChats,
        typed: Callable[[str], str],
        name: str | None = None,
        past: Iterable[tuple[str, str]] = (),
    ) -> None:
        """`typed` checks a question and puts it on one line. With `name`, the saved conversation goes on.

        `past` are questions and what was said to them, oldest first, of a conversation that was had elsewhere:
        follow-ups are understood from them, and they are no turns of this one.
        Raises `NotFoundError` where none is saved under that name.
        """
        self.name = None if name is None else stored_name(name)
        self.saved = saved
        self._saved_as = {self.name}
        self._standing: dict[Citation, bool] = {}
        self._generation = library.generation
        self._library = library
        self._typed = typed
        self._turns = [] if name is None else [self._restored(name, turn) for turn in saved.load(name)]
        self._past = _understood_past(past, typed)
        self._numbering = Numbering(shown for turn in self._turns for shown in _shown(turn))

    @property
    def turns(self) -> tuple[Turn, ...]:
        """What was asked and answered, oldest first."""
        self._forget_removed()
        return tuple(self._turns)

    def ask(
        self,
        question: str,
        *,
        publisher: str | None = None,
        after: date | None = None,
        before: date | None = None,
        fresh: bool = False,
    ) -> Answer:
        """Answer `question`, which may lean on earlier turns. All else is as in `Library.ask`."""
        typed, understood = self._understood(question)
        answer = self._library.ask(understood.standalone, publisher=publisher, after=after, before=before, fresh=fresh)
        return self._kept(typed, understood, self._numbering.answer(answer))

    def stream(
        self,
        question: str,
        *,
        publisher: str | None = None,
        after: date | None = None,
        before: date | None = None,
        fresh: bool = False,
    ) -> Iterator[Event]:
        """As `ask`, but each statement comes as soon as it is checked, after its citations; the `Answer` comes last.

        A stream that is given up leaves no turn.
        """
        typed, understood = self._understood(question)
        events = self._library.stream(
            understood.standalone, publisher=publisher, after=after, before=before, fresh=fresh
        )
        with closing(_generator(events)) as running:
            for event in self._numbering.events(running):
                yield self._kept(typed, understood, event) if isinstance(event, Answer) else event

    def source(self, number: int) -> Citation:
        """The citation of that number; raises `NotFoundError`. `article` gives what it stands in."""
        self.article(number)
        return self._cited(number)

    def article(self, number: int) -> Article:
        """The article in which the source of that number stands, in the cited version; raises `NotFoundError`."""
        citation = self._cited(number)
        if not self._stands(citation):
            raise NotFoundError(f"source {number} is gone: its article was removed")
        return self._library.article(citation.article_id, citation.version)

    def save(self, name: str) -> None:
        """Keep the conversation under `name`, without what its answers withheld, which it has no more from then on.

        It takes the place of what this conversation has saved there, or was resumed from. Raises `UserError`
        for the name of another one, for what is no name and for an empty conversation, `StorageError` where
        the library cannot be written.
        """
        if not self._turns:
            raise UserError("there is nothing to save: no question was asked yet")
        turns = []
        for turn in self.turns:
            answer = None if turn.answer is None else turn.answer.to_dict()
            articles = dict.fromkeys(citation.article_id for citation in _shown(turn))
            turns.append(SavedTurn(turn.question, turn.standalone, answer, tuple(articles)))
        stored = stored_name(name)
        self.saved.save(name, turns, new=stored not in self._saved_as)
        self.name = stored
        self._saved_as.add(stored)
        self._turns = [_without_withheld(turn) for turn in self._turns]

    def forget(self, name: str) -> None:
        """Delete the saved conversation of that name; this one goes on, even if it is that one.

        Raises `NotFoundError`, which names those that are saved, and `StorageError` where the library cannot be
        written.
        """
        stored = stored_name(name)
        self.saved.delete(name)
        self._saved_as.discard(stored)
        self.name = None if self.name == stored else self.name

    def to_dict(self) -> dict[str, Any]:
        """The conversation as plain JSON values."""
        return {"schema": SCHEMA, "turns": [turn.to_dict() for turn in self.turns]}

    # Understanding -------------------------------------------------------------------------

    @cached_property
    def _rewriter(self) -> Rewriter | None:
        chat = self._library.chat_model
        if chat is None:
            return None
        from rag.answering.conversation_rewriting import Rewriter

        return Rewriter(chat=chat, prompt=self._library.prompts.load, brief=chat.small)

    def _understood(self, question: str) -> tuple[str, Understood]:
        """The question as it was typed, and as it stands alone."""
        from rag.answering.conversation_rewriting import Understood

        typed = self._typed(question)
        here = (Past(turn.standalone, _said(turn.answer)) for turn in self.turns if turn.answer is not None)
        history = [*self._past, *here]
        if not history or self._rewriter is None:
            understood = Understood(standing_alone(typed, history))
        else:
            understood = self._rewriter.understand(typed, history)
        return typed, replace(understood, standalone=_short(understood.standalone, typed, self._typed))

    def _kept(self, typed: str, understood: Understood, given: Answer) -> Answer:
        """The answer as this turn's; the turn is kept."""
        answer = replace(
            given,
            question=typed,
            usage=_added(understood.usage, given.usage),
            prompt=", ".join(filter(None, (understood.prompt, given.prompt))) or None,
            notice="; ".join(filter(None, (understood.notice, given.notice))) or None,
        )
        self._turns.append(Turn(typed, understood.standalone, answer))
        return answer

    # What was removed ----------------------------------------------------------------------

    def _restored(self, name: str, saved: SavedTurn) -> Turn:
        try:
            answer = None if saved.answer is None else Answer.from_dict(saved.answer)
        except UserError as exc:
            raise damaged(name) from exc
        turn = Turn(saved.question, saved.standalone, answer)
        return turn if all(map(self._known_to_stand, _shown(turn))) else replace(turn, answer=None)

    def _forget_removed(self) -> None:
        """Take out the answers that show an article which has been removed, by whatever process."""
        # Read before anything is looked up: what is removed meanwhile is found out the next time.
        generation = self._library.generation
        if generation != self._generation:
            self._generation, self._standing = generation, {}
        turns: list[Turn] = []
        gone = False
        for turn in self._turns:
            # What was carried over into a later question may be words of the answer that is gone.
            kept = replace(turn, standalone=turn.question) if gone else turn
            lost = not all(map(self._known_to_stand, _shown(turn)))
            turns.append(replace(kept, answer=None) if lost else kept)
            gone = gone or lost
        self._turns = turns

    def _known_to_stand(self, citation: Citation) -> bool:
        """As `_stands`, looked up once in each state of the library."""
        if citation not in self._standing:
            self._standing[citation] = self._stands(citation)
        return self._standing[citation]

    def _cited(self, number: int) -> Citation:
        citation = self._numbering.find(number)
        if citation is None:
            last = self._numbering.last
            there_are = f"they are numbered 1 to {last}" if last else "none was cited yet"
            raise NotFoundError(f"there is no source {number} in this conversation: {there_are}")
        return citation

    def _stands(self, citation: Citation) -> bool:
        """Whether the words still stand where they are cited."""
        try:
            article = self._library.article(citation.article_id, citation.version)
        except NotFoundError:
            return False
        return article.text[citation.start : citation.end] == citation.quote


def _understood_past(past: Iterable[tuple[str, str]], check: Callable[[str], str]) -> list[Past]:
    """What was asked and said elsewhere, each question so that it stands alone, without asking a model."""
    history: list[Past] = []
    for question, said in list(past)[-_MOST_PAST:]:
        try:
            typed = check(question)
        except UserError:
            continue  # it got no answer, and here too such a question leaves no turn
        standalone = _short(standing_alone(typed, history), typed, check)
        history.append(Past(standalone, _MARKER.sub("", encodable(said[:_LONGEST_SAID]))))
    return history


def _short(standalone: str, typed: str, check: Callable[[str], str]) -> str:
    """`standalone`, unless carrying over made it longer than a question may be."""
    try:
        check(standalone)
    except UserError:
        return typed
    return standalone


def _shown(turn: Turn) -> tuple[Citation, ...]:
    """The citations of a turn, and the nearest passages where it abstained."""
    return () if turn.answer is None else (*turn.answer.citations, *turn.answer.nearest)


def _without_withheld(turn: Turn) -> Turn:
    return turn if turn.answer is None else replace(turn, answer=replace(turn.answer, withheld=()))


def _said(answer: Answer) -> str:
    return " ".join(statement.text for statement in answer.statements)


def _added(one: Usage, other: Usage) -> Usage:
    from rag.answering.generative_writing import added

    return added(one, other)


def _generator(events: Iterator[Event]) -> Generator[Event, None, None]:
    yield from events
