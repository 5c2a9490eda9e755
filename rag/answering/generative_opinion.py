"""A second opinion: a language model reads what is to be said once more beside the words that it cites.

It comes after the checks and can only lower their verdict. Where it cannot be had, theirs stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from rag import prompts
from rag.answering.generative_composition import nearest_of
from rag.answering.generative_judging import (
    LONGEST_REASON,
    MOST,
    BriefOpinions,
    Cited,
    Claim,
    Opinion,
    Opinions,
    Place,
    framed,
)
from rag.answering.generative_replies import hidden, parsed
from rag.answering.generative_writing import UNKNOWN_CONTEXT, added
from rag.answering.passages import TokenCounter, estimated_tokens
from rag.answering.sayings import NEAREST, Lookup
from rag.errors import ContextTooLongError, ModelError, ModelReplyError
from rag.grounding.verdict import RANK, Verdict
from rag.prompts import Prompt
from rag.text.normalize import one_line
from rag.types import Answer, Citation, Conflict, Span, Statement, Summary, Support, Usage, Verification, Withheld

if TYPE_CHECKING:
    from rag.models.chat_model import ChatModel

Reply = TypeVar("Reply", bound=Answer | Summary)

_MEANING: dict[str, Support] = {"supported": "verified", "partly": "partial", "unsupported": "unsupported"}
_GONE = Verdict("unsupported", "the cited version of the article is not there")
_REPLY_TOKENS = 1200
_REPLY_SHARE = 4
_LONGEST_READ = 2000
"""Characters of a reason that are looked at."""


@dataclass(slots=True)
class _Reading:
    """What has come of it so far: verdicts by claim, the tokens they took, and why there is none on some."""

    asked: int = 0
    verdicts: dict[Claim, Verdict] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    prompt: Prompt | None = None
    missing: int = 0
    error: ModelError | None = None

    def take(self, claim: Claim, verdict: Verdict) -> None:
        """Keep the verdict, unless there is a worse one on the same claim."""
        held = self.verdicts.get(claim)
        if held is None or RANK[verdict.support] < RANK[held.support]:
            self.verdicts[claim] = verdict

    def lowered(self, statement: Statement) -> Statement:
        """The statement with the worse of the two verdicts."""
        found = self.verdicts.get(_claim(statement))
        if found is None or RANK[found.support] >= RANK[statement.support]:
            return statement
        return replace(statement, support=found.support, check=found.check)

    def refuses(self, claim: Claim) -> bool:
        """Whether the claim may not be said."""
        found = self.verdicts.get(claim)
        return found is not None and found.support == "unsupported"

    @property
    def prompts(self) -> str | None:
        """The prompt that was used, as an answer records it."""
        return None if self.prompt is None else f"{self.prompt.name} {self.prompt.version} {self.prompt.hash}"

    @property
    def notice(self) -> str | None:
        """Why there is no opinion on some of what was to be judged, in one line."""
        if self.error is None:
            return None
        some = f" on {self.missing} of {self.asked} statements" if self.missing < self.asked else ""
        return f"there was no second opinion{some}: {self.error}"


@dataclass(frozen=True, kw_only=True)
class SecondOpinion:
    """Has `chat` judge each statement by what it cites, all of a reply in one call where they fit.

    An article's own sentences are not asked about. `prompt` finds a prompt by its name, `count` is the model's own
    tokenizer where it is at hand, and `brief` is as in a `Writer`.
    """

    chat: ChatModel
    prompt: Callable[[str], Prompt] = prompts.load
    count: TokenCounter = estimated_tokens
    brief: bool = False

    def on_answer(self, answer: Answer, lookup: Lookup) -> Answer:
        """The answer without what the model holds unsupported; an abstention where nothing is left.

        Raises no `ModelError`: where the opinion cannot be had, the checks decide and the notice says so.
        """
        return self._on_reply(answer, lookup)

    def on_summary(self, summary: Summary, lookup: Lookup) -> Summary:
        """As `on_answer`."""
        return self._on_reply(summary, lookup)

    def on_verification(self, verification: Verification, lookup: Lookup) -> Verification:
        """The sentences with their verdicts lowered; none is taken out.

        Raises a `ModelError` where there is no opinion on one of them.
        """
        claims = [_claim(statement) for statement in verification.statements if statement.support != "unsupported"]
        reading = self._read(claims, verification.citations, lookup)
        if reading.error is not None:
            raise reading.error
        return replace(verification, statements=tuple(map(reading.lowered, verification.statements)))

    def _on_reply(self, given: Reply, lookup: Lookup) -> Reply:
        # All that the other engine says are the articles' own sentences.
        if given.engine == "extractive" or not given.statements:
            return given
        claims = [_claim(statement) for statement in given.statements]
        claims += [(side.value, side.citations) for conflict in given.conflicts for side in conflict.values]
        reading = self._read(claims, given.citations, lookup)
        judged = map(reading.lowered, given.statements)
        statements = tuple(statement for statement in judged if statement.support != "unsupported")
        conflicts = tuple(_standing(given.conflicts, reading)) if statements else ()
        refused = [Withheld(claim[0], reading.verdicts[claim].check) for claim in claims if reading.refuses(claim)]
        used = {number for statement in statements for number in statement.citations}
        used |= {number for conflict in conflicts for side in conflict.values for number in side.citations}
        return replace(
            given,
            status="answered" if statements else "abstained",
            reason=None if statements else "not_stated",
            nearest=() if statements else nearest_of(_places(given.citations, lookup), lookup, NEAREST),
            statements=statements,
            withheld=tuple(dict.fromkeys((*given.withheld, *refused))),
            conflicts=conflicts,
            citations=tuple(citation for citation in given.citations if citation.number in used),
            prompt=_joined(", ", given.prompt, reading.prompts),
            notice=_joined("; ", given.notice, reading.notice),
            usage=added(given.usage, reading.usage),
        )

    def _read(self, claims: Iterable[Claim], citations: Sequence[Citation], lookup: Lookup) -> _Reading:
        """The verdicts on `claims`: the model's, or at once where what is cited is there no more."""
        reading = _Reading()
        several: list[Cited] = []
        numbered = {citation.number: citation for citation in citations}
        for claim in dict.fromkeys(claims):
            places = _places([numbered[number] for number in claim[1] if number in numbered], lookup)
            cited = Cited(claim, tuple(places))
            if len(places) < len(claim[1]):
                reading.take(claim, _GONE)
            elif not cited.verbatim:
                several.append(cited)
        reading.asked = len(several)
        try:
            for batch in self._batches(several):
                self._ask(batch, reading)
        except ModelError as exc:
            reading.error = exc
        reading.missing = sum(cited.claim not in reading.verdicts for cited in several)
        if reading.missing and reading.error is None:
            reading.error = ModelReplyError(f"{self.chat.name} left out what it was asked about")
        return reading

    def _batches(self, several: Sequence[Cited]) -> Iterator[list[Cited]]:
        """`several` in as few calls as the model can read and reply to; raises at the end for what it cannot read."""
        if not several:
            return
        context = self.chat.context_tokens or UNKNOWN_CONTEXT
        room = context - min(_REPLY_TOKENS, context // _REPLY_SHARE) - self.count(self.prompt("opinion").body)
        batch: list[Cited] = []
        left = room
        sizes = {cited.claim: self.count(framed([cited])) for cited in several}
        for cited in several:
            size = sizes[cited.claim]
            if size > room:
                continue
            if batch and (size > left or len(batch) == MOST):
                yield batch
                batch, left = [], room
            batch.append(cited)
            left -= size
        if batch:
            yield batch
        if max(sizes.values()) > room:
            raise ContextTooLongError(f"{self.chat.name} reads too little at once: use another model")

    def _ask(self, several: Sequence[Cited], reading: _Reading) -> None:
        """Take in the opinions on `several`; raises a `ModelError`."""
        reading.prompt = self.prompt("opinion")
        shape = BriefOpinions if self.brief else Opinions
        try:
            reply = self.chat.complete(reading.prompt.render(statements=framed(several)), shape)
        except ContextTooLongError:
            if len(several) == 1:
                raise
            half = len(several) // 2
            self._ask(several[:half], reading)
            self._ask(several[half:], reading)
            return
        reading.usage = added(reading.usage, reply.usage)
        opinions = parsed(self.chat, reply.text, shape).opinions
        if any(not 1 <= opinion.number <= len(several) for opinion in opinions):
            # A model that counts otherwise may mean another statement by each of its numbers.
            raise ModelReplyError(f"{self.chat.name} judged statements by numbers that there are not")
        for opinion in opinions:
            reading.take(several[opinion.number - 1].claim, self._verdict(opinion))

    def _verdict(self, opinion: Opinion) -> Verdict:
        told = hidden(opinion.reason, self.chat.service.secrets)[:_LONGEST_READ]
        line = "".join(sign for sign in one_line(told) if sign.isprintable()).strip()
        reason = line if len(line) <= LONGEST_REASON else line[: LONGEST_REASON - 1] + "…"
        check = f"a second reading by {self.chat.name} disagrees"
        return Verdict(_MEANING[opinion.verdict], f"{check}: {reason}" if reason else check)


def _claim(statement: Statement) -> Claim:
    return statement.text, statement.citations


def _standing(conflicts: Iterable[Conflict], reading: _Reading) -> Iterator[Conflict]:
    """The conflicts of which two sides or more may be told, with those sides."""
    for conflict in conflicts:
        sides = tuple(side for side in conflict.values if not reading.refuses((side.value, side.citations)))
        if len({side.value for side in sides}) > 1:
            yield replace(conflict, values=sides)


def _places(citations: Iterable[Citation], lookup: Lookup) -> list[Place]:
    """Where the quotes stand, without those that stand there no more."""
    found: list[Place] = []
    for citation in citations:
        article = lookup(citation.article_id, citation.version)
        if article is not None and article.text[citation.start : citation.end] == citation.quote:
            found.append((article, Span(citation.start, citation.end)))
    return found


def _joined(between: str, *parts: str | None) -> str | None:
    return between.join(filter(None, parts)) or None
