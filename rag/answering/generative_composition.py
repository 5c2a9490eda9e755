"""What a model wrote, put together as an answer: each sentence grounded, then cited or held back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from rag.answering.citing import place_of
from rag.answering.generative_claims import unattributed
from rag.answering.generative_conflicts import Side, objection
from rag.answering.generative_replies import (
    LONGEST_SENTENCE,
    MOST_CONFLICTS,
    MOST_QUOTES,
    MOST_STATEMENTS,
    clean,
    shortened,
)
from rag.answering.generative_shapes import DraftConflict, DraftStatement, Quote, Repairs
from rag.answering.passages import Passage
from rag.answering.sayings import Lookup
from rag.grounding.coverage import Similarity
from rag.grounding.quotes import resolve
from rag.grounding.statements import check_statement
from rag.grounding.verdict import RANK, Evidence, Verdict
from rag.text.sentences import split_sentences
from rag.types import Article, Citation, Conflict, ConflictValue, Span, Statement, Withheld

Shape = TypeVar("Shape", bound=BaseModel)

_QUOTED_WORDS = 80
_MOST_WITHHELD = 8
_LONGEST_WITHHELD = 300
"""Characters of what is withheld, and of why."""
_UNATTRIBUTED = "the passage gives it as what somebody said, who is not named"


@dataclass(frozen=True, slots=True)
class Judged:
    """A sentence of the model's, the spans that its quotes were found at, and the verdict."""

    text: str
    evidence: tuple[Evidence, ...]
    verdict: Verdict

    @property
    def stands(self) -> bool:
        """Whether it may be said."""
        return self.verdict.support != "unsupported"


class Composition:
    """Takes in the parts of a model's reply as they come, and holds what has become of each.

    At most `most` sentences are said. `subject` is what a conflict is said to be about where the model's own
    words for it fail. What somebody claims may, without their name, be said with `attributed` off, as partly
    borne out; else not. `secrets` are taken out of the model's words.
    """

    def __init__(
        self,
        passages: Sequence[Passage],
        lookup: Lookup,
        *,
        subject: str,
        similarity: Similarity | None = None,
        most: int | None = None,
        attributed: bool = False,
        secrets: Sequence[str] = (),
    ) -> None:
        self.declined = False
        self.statements: list[Statement] = []
        self.failed: list[Judged] = []
        self.withheld: list[Withheld] = []
        self.conflicts: list[Conflict] = []
        self.citations: list[Citation] = []
        self.nearest: list[Evidence] = []
        self._passages = {passage.key: passage for passage in passages}
        self._lookup = lookup
        self._subject = subject
        self._similarity = similarity
        self._most = most
        self._attributed = attributed
        self._secrets = secrets
        self._said = 0
        self._left = {"statements": max(MOST_STATEMENTS, most or 0), "conflicts": MOST_CONFLICTS}
        self._sides: list[Judged] = []
        self._given_up: list[Judged] = []

    def take(self, name: str, value: Any) -> Iterator[Citation | Statement]:
        """Take in one part of a reply; what may be said is yielded, its citations before it.

        A part of another shape is passed over, and what is too much.
        """
        if name in self._left:
            self._left[name] -= 1
            if self._left[name] < 0:
                return
        if name == "answers":
            self.declined = value is False
        elif name == "statements" and (draft := _shaped(value, DraftStatement)):
            yield from self._take_statement(draft)
        elif name == "conflicts" and not self.declined and (conflict := _shaped(value, DraftConflict)):
            yield from self._take_conflict(conflict)

    def take_repairs(self, repairs: Repairs) -> Iterator[Citation | Statement]:
        """Say what was put right; what fails again, or was left out, is given up."""
        written = {repair.number: repair for repair in repairs.repaired}
        failed, self.failed = self.failed, []
        for number, before in enumerate(failed, 1):
            repair = written.get(number)
            judged = self._judged(repair.text, repair.quotes) if repair and self._clean(repair.text) else before
            if judged.stands:
                yield from self._say(judged)
            else:
                self._given_up.append(judged)

    def finish(self) -> Iterator[Citation | Statement]:
        """Withhold what failed for good; where no statement stands, say what the sides of a conflict say."""
        said = {statement.text for statement in self.statements}
        # What was written twice, once with a wrong quote, is said with the right one.
        self._withhold([judged for judged in (*self._given_up, *self.failed) if judged.text not in said])
        self._given_up, self.failed = [], []
        if not self.statements:
            for side in self._sides:
                yield from self._say(side)

    def _take_statement(self, draft: DraftStatement) -> Iterator[Citation | Statement]:
        judged = self._judged(draft.text, draft.quotes)
        if judged.stands and not self.declined:
            yield from self._say(judged)
            return
        # Not said, but its quotes are what came nearest.
        self.nearest += judged.evidence
        if judged.text and not self.declined:
            self.failed.append(judged)

    def _take_conflict(self, draft: DraftConflict) -> Iterator[Citation]:
        sides = [self._side(side) for side in draft.values[:MOST_QUOTES]]
        failed = [side for side in sides if not side.stands]
        self._withhold(failed)
        self._sides += [side for side in sides if side.stands]
        if failed or not sides:
            return
        why = objection([Side(side.text, frozenset(item.article.id for item in side.evidence)) for side in sides])
        if why is not None:
            claimed = " / ".join(side.text for side in sides)
            self._withhold([Judged(claimed, (), Verdict("unsupported", why))])
            return
        values = []
        for side in sides:
            numbers, new = self._cited(side.evidence)
            yield from new
            values.append(ConflictValue(side.text, numbers))
        # The model's words for it are a claim too.
        about = self._clean(draft.about)
        evidence = [item for side in sides for item in side.evidence]
        if check_statement(about, evidence, self._similarity).support == "unsupported":
            about = self._subject
        self.conflicts.append(Conflict(about, tuple(values)))

    def _side(self, draft: DraftStatement) -> Judged:
        """A side of a conflict: where the model's words say more than what they rest on, in the words of that."""
        judged = self._judged(draft.text, draft.quotes)
        if judged.verdict.support != "partial":
            return judged
        own = clean(" … ".join(item.text for item in judged.evidence))
        # Words torn from their sentence may say what it does not.
        return Judged(own, judged.evidence, self._verdict(own, judged.evidence))

    def _withhold(self, failed: Sequence[Judged]) -> None:
        for judged in failed[: _MOST_WITHHELD - len(self.withheld)]:
            text, check = (shortened(line, _LONGEST_WITHHELD) for line in (judged.text, judged.verdict.check))
            self.withheld.append(Withheld(text, check))

    def _say(self, judged: Judged) -> Iterator[Citation | Statement]:
        sentences = max(1, len(split_sentences(judged.text)))
        if self._most is not None and self._said + sentences > self._most:
            return
        if any(statement.text == judged.text for statement in self.statements):
            return
        self._said += sentences
        numbers, new = self._cited(judged.evidence)
        yield from new
        statement = Statement(judged.text, numbers, judged.verdict.support, judged.verdict.check)
        self.statements.append(statement)
        yield statement

    def _cited(self, evidence: Sequence[Evidence]) -> tuple[tuple[int, ...], list[Citation]]:
        """The numbers under which `evidence` is cited, and the citations that are new by it."""
        numbers: list[int] = []
        new: list[Citation] = []
        held = {place_of(citation): citation for citation in self.citations}
        for item in evidence:
            citation = Citation.of(item.article, item.span, len(self.citations) + 1)
            place = place_of(citation)
            if place not in held:
                held[place] = citation
                self.citations.append(citation)
                new.append(citation)
            numbers.append(held[place].number)
        return tuple(dict.fromkeys(numbers)), new

    def _judged(self, written: str, quotes: Sequence[Quote]) -> Judged:
        text = self._clean(written)
        if len(text) > LONGEST_SENTENCE:
            return Judged(text, (), Verdict("unsupported", "the statement is too long to be checked"))
        evidence: list[Evidence] = []
        for quote in quotes[:MOST_QUOTES]:
            found = self._found(quote)
            if isinstance(found, str):
                return Judged(text, tuple(evidence), Verdict("unsupported", found))
            if found not in evidence:
                evidence.append(found)
        return Judged(text, tuple(evidence), self._verdict(text, evidence))

    def _verdict(self, text: str, evidence: Sequence[Evidence]) -> Verdict:
        """The verdict on `text`, which is not better than that on any sentence of it."""
        sentences = [text[span.start : span.end] for span in split_sentences(text)]
        parts = [text, *(sentences if len(sentences) > 1 else ())]
        verdicts = [check_statement(part, evidence, self._similarity) for part in parts]
        verdict = min(verdicts, key=lambda found: RANK[found.support])
        if verdict.support != "unsupported" and unattributed(text, evidence):
            return Verdict("unsupported" if self._attributed else "partial", _UNATTRIBUTED)
        return verdict

    def _found(self, quote: Quote) -> Evidence | str:
        """Where a quote stands, or why it stands nowhere."""
        passage = self._passages.get(quote.passage)
        if passage is None:
            return f"there is no passage {self._shortened(quote.passage)}"
        held = self._lookup(passage.article.id, passage.article.version)
        if held is None or held.text != passage.article.text:
            return "the cited version of the article is not there"
        span = stands_at(quote.words, passage)
        if span is None:
            return f"the passage does not hold the words “{self._shortened(quote.words)}”"
        return Evidence(passage.article, span)

    def _clean(self, written: str) -> str:
        return clean(written, self._secrets)

    def _shortened(self, written: str) -> str:
        return shortened(self._clean(written), _QUOTED_WORDS)


def stands_at(words: str, passage: Passage) -> Span | None:
    """Where the passage holds `words`, else where its article does, as a span of the article."""
    inside = resolve(words, passage.text)
    if inside is not None:
        return Span(passage.span.start + inside.start, passage.span.start + inside.end)
    return resolve(words, passage.article.text, [passage.span])


def _shaped(value: Any, shape: type[Shape]) -> Shape | None:
    try:
        return shape.model_validate(value)
    except ValidationError:
        return None


def nearest_of(places: Sequence[tuple[Article, Span]], lookup: Lookup, most: int) -> tuple[Citation, ...]:
    """Citations of `places` for a reader who gets no answer; of none that is gone meanwhile."""
    found: list[Citation] = []
    for article, span in dict.fromkeys((article, span) for article, span in places):
        held = lookup(article.id, article.version)
        if held is not None and held.text == article.text and len(found) < most:
            found.append(Citation.of(article, span, len(found) + 1))
    return tuple(found)
