"""What came of a case against its gold: every metric that applies, whether it is right, and why not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath

from rag.evaluation.cases import Accepted, Case, Expected
from rag.evaluation.locating import Located, Shelf
from rag.evaluation.matching import any_matches, worded, wordings
from rag.evaluation.metrics.answers import exact_match, token_f1
from rag.evaluation.metrics.summaries import compression, nugget_recall, redundancy, rouge
from rag.evaluation.outcomes import Kind, Outcome, Scored, Subject
from rag.evaluation.sourcing import Group, Sources, Verdicts, groups, retrieval, served
from rag.text.words import words
from rag.types import Answer, Citation, Summary

ENOUGH_VITAL = 0.5
"""The share of its vital nuggets that a summary must hold to be right."""
JUDGED = ("judged", "citation_recall", "citation_precision")
"""What a judge decides, where there is one."""

_SHORT = 90


def score(
    case: Case,
    outcomes: Sequence[Outcome],
    located: Located,
    subject: Subject,
    *,
    judge: Verdicts | None = None,
) -> tuple[Scored, ...]:
    """The scores of a case, one for each of its turns, or of its summary.

    `located` is as `rag.evaluation.locating.locate` gives it. What bears a statement out is decided by the checks
    of `rag.grounding`, or by `judge`, who also says whether an answer is one of those that are accepted: that has
    a metric of its own, and passes or fails nothing.
    Raises `ConfigError` where a summary has a reference and there is no package to compare it with.
    """
    if case.summary is not None:
        (outcome,) = outcomes
        return (_Scoring(case, case.expected, outcome, located, subject, judge).summary(),)
    kind: Kind = "question" if case.kind == "question" else "turn"
    return tuple(
        _Scoring(case, turn.expected, outcome, located, subject, judge).question(kind)
        for turn, outcome in zip(case.turns, outcomes, strict=True)
    )


class _Scoring:
    """One outcome of a case, as it is scored."""

    def __init__(
        self,
        case: Case,
        expected: Expected,
        outcome: Outcome,
        located: Located,
        subject: Subject,
        judge: Verdicts | None,
    ) -> None:
        self.case = case
        self.expected = expected
        self.outcome = outcome
        self.located = located
        self.groups = groups(expected, located)
        self.subject = subject
        self.judge = judge

    def question(self, kind: Kind) -> Scored:
        answer = self.outcome.answer
        if answer is None:
            return self._failed(kind)
        sources = Sources(answer, self.subject, self.judge)
        faults = tuple(self._faults(answer, sources, self._unsaid(answer)))
        scores = {
            **self._common(answer, sources, faults),
            **dict(self._against_gold(answer, sources)),
            **(retrieval(self.outcome.found, self.groups) if self.groups and kind == "question" else {}),
        }
        return self._scored(kind, scores, faults)

    def summary(self) -> Scored:
        summary = self.outcome.summary
        if summary is None:
            return self._failed("summary")
        sources = Sources(summary, self.subject, self.judge)
        said = [_says(nugget.answers, summary) for nugget in self.case.nuggets]
        faults = tuple(self._faults(summary, sources, self._left_out(said)))
        scores = {**self._common(summary, sources, faults), **dict(self._of_summary(summary, sources, said))}
        return self._scored("summary", scores, faults)

    def _scored(self, kind: Kind, scores: dict[str, float], faults: tuple[str, ...]) -> Scored:
        return Scored(
            id=self.outcome.id,
            case=self.case.id,
            kind=kind,
            tags=self.case.tags,
            split=self.case.split,
            cluster=_cluster(self.case, self.located, self.subject),
            outcome=self.outcome,
            scores=scores,
            passed=not faults,
            faults=faults,
        )

    def _failed(self, kind: Kind) -> Scored:
        why = self.outcome.error or "there is no reply"
        return self._scored(kind, {"correct": 0.0}, (f"failed: {why}",))

    # Scores --------------------------------------------------------------------------------

    def _common(self, reply: Answer | Summary, sources: Sources, faults: tuple[str, ...]) -> dict[str, float]:
        scores = {"correct": float(not faults), **_taken(self.outcome, reply), **dict(sources.bearing())}
        if self.expected.forbidden:
            scores["forbidden"] = float(_says(self.expected.forbidden, reply))
        optional = {
            "span_exact": sources.exact_share(),
            "unsupported": sources.unsupported(),
        }
        return scores | {name: value for name, value in optional.items() if value is not None}

    def _against_gold(self, answer: Answer, sources: Sources) -> Iterator[tuple[str, float]]:
        abstained = answer.status == "abstained"
        said = _joined(answer)
        if self.expected.abstain:
            yield "false_answer", float(not abstained)
            yield "exact_match", exact_match(said, ())
            yield "token_f1", token_f1(said, ())
            return
        if self._is_said:
            yield "over_refusal", float(abstained)
        if self.expected.answers:
            yield "answer_match", float(_says(self.expected.answers, answer))
        if accepted := wordings(self.expected.answers):
            yield "exact_match", exact_match(said, accepted)
            yield "token_f1", token_f1(said, accepted)
            verdict = None if self.judge is None else self.judge.answers(answer.question, accepted, said)
            if verdict is not None:
                yield "judged", float(verdict)
        if self.groups:
            yield "cited_gold", _share([served(sources.cited, group) for group in self.groups])

    def _of_summary(self, summary: Summary, sources: Sources, said: Sequence[bool]) -> Iterator[tuple[str, float]]:
        if self.case.nuggets:
            vital, every = nugget_recall(said, [nugget.vital for nugget in self.case.nuggets])
            yield "nuggets_vital", vital
            yield "nuggets_all", every
        if self.groups:
            yield "cited_gold", _share([served(sources.cited, group) for group in self.groups])
        sentences = [statement.text for statement in summary.statements]
        if self.case.reference is not None:
            shared = rouge("\n".join(sentences), self.case.reference)
            yield from (("rouge1", shared.r1), ("rouge2", shared.r2), ("rougeL", shared.rl))
        if not sentences:
            return
        yield "redundancy", redundancy(sentences)
        if self.case.summary and self.case.summary.article is not None:
            whole = Shelf(self.subject).article(self.case.summary.article)
            yield "compression", compression(len(words(" ".join(sentences))), len(words(whole.text)))

    # Faults --------------------------------------------------------------------------------

    def _faults(self, reply: Answer | Summary, sources: Sources, unsaid: Iterator[str]) -> Iterator[str]:
        """Why a reply is not right, one line each; none where it is."""
        if self.expected.abstain:
            if reply.status != "abstained":
                yield "answered, though the articles do not say"
            return
        if reply.status == "abstained":
            if self._is_said:
                yield "abstained, though the articles do say"
            return
        yield from unsaid
        yield from (fault for group in self.groups if (fault := _uncited(group, sources.cited)))
        for accepted in self.expected.forbidden:
            if _says([accepted], reply):
                yield f"says what it must not: {worded(accepted)}"
        for citation in sources.inexact:
            yield f"quotes what does not stand there in “{citation.title}”: {_short(citation.quote)}"
        for number in sources.dangling:
            yield f"cites [{number}], which is not among its sources"

    @property
    def _is_said(self) -> bool:
        """Whether the gold holds that the articles say something: what only must not be said may be abstained from."""
        wanted = self.expected.answers or self.expected.cite or self.case.nuggets or self.case.reference
        return bool(wanted)

    def _unsaid(self, answer: Answer) -> Iterator[str]:
        if self.expected.answers and not _says(self.expected.answers, answer):
            yield f"does not say any of: {'; '.join(map(worded, self.expected.answers))}"

    def _left_out(self, said: Sequence[bool]) -> Iterator[str]:
        vital = [(nugget, told) for nugget, told in zip(self.case.nuggets, said, strict=True) if nugget.vital]
        held = sum(told for _, told in vital)
        if held < ENOUGH_VITAL * len(vital):
            missing = "; ".join(nugget.text for nugget, told in vital if not told)
            yield f"holds {held} of {len(vital)} vital facts: not {missing}"


def _taken(outcome: Outcome, reply: Answer | Summary) -> dict[str, float]:
    """The time, the tokens and the money that a reply took, as far as they are known.

    Of one that was kept nothing is known, and no model writes without reading: where it tells no tokens, they are not
    zero.
    """
    if outcome.kept:
        return {}
    used, taken = reply.usage, {"seconds": outcome.seconds}
    if reply.engine == "extractive" or used.input_tokens or used.output_tokens:
        taken |= {"input_tokens": float(used.input_tokens), "output_tokens": float(used.output_tokens)}
    return taken if used.cost_usd is None else {**taken, "cost_usd": used.cost_usd}


def _cluster(case: Case, located: Located, subject: Subject) -> str:
    """The first article that the case is about, by its version, for a name is only one of those that it may go by;
    a case that is about none stands for itself."""
    named = case.about or (case.summary.article if case.summary else None)
    if named is not None:
        return Shelf(subject).article(named).version
    if case.passages:
        return located[case.passages[0]].article.version
    return f"{PurePath(case.file).stem} {case.id}"


def _says(answers: Sequence[Accepted], reply: Answer | Summary) -> bool:
    """Whether any one of `answers` is said: in one statement, in all together, or as one side of a conflict."""
    values = [value.value for conflict in reply.conflicts for value in conflict.values]
    texts = dict.fromkeys([_joined(reply), *(statement.text for statement in reply.statements), *values])
    return any(any_matches(answers, text) for text in texts)


def _joined(reply: Answer | Summary) -> str:
    return " ".join(statement.text for statement in reply.statements)


def _uncited(group: Group, cited: Sequence[Citation]) -> str:
    """What is cited in place of the passages of `group`; empty where one of them is cited."""
    if served(cited, group):
        return ""
    wanted = " or ".join(f"{_short(place.quote)} of “{place.article.title}”" for place in group[:2])
    articles = {place.article.id for place in group}
    same = [citation for citation in cited if citation.article_id in articles]
    if same:
        return f"cites other words of “{same[0].title}”, not the passage {wanted}"
    titles = ", ".join(f"“{title}”" for title in dict.fromkeys(citation.title for citation in cited))
    return f"cites {titles or 'nothing'}, not the passage {wanted}"


def _short(quote: str) -> str:
    line = " ".join(quote.split())
    return f"“{line if len(line) <= _SHORT else line[: _SHORT - 1] + '…'}”"


def _share(held: Sequence[bool]) -> float:
    return sum(held) / len(held)
