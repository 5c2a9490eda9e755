"""A run as one HTML page that opens offline: figures, plots, and each case with its quotes in their article.

Jinja escapes everything that is put in; the page runs no script and loads nothing, and says so to the browser.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import ConfigError, NotFoundError
from rag.evaluation.aggregates import by_tag, held_back
from rag.evaluation.cases import Case, Expected
from rag.evaluation.catalogue import METRICS, Metric
from rag.evaluation.comparing import Comparison, Difference
from rag.evaluation.locating import locate
from rag.evaluation.matching import worded
from rag.evaluation.outcomes import Estimate, Run, Scored, Subject
from rag.evaluation.plots import calibration, cost_against_quality, distribution
from rag.evaluation.runs import write_whole
from rag.showing import clean
from rag.types import Article, Citation, Span

if TYPE_CHECKING:
    from jinja2 import Environment

Look = Callable[[str, str], Article | None]
"""The article of an id and a version, where it is still there."""

Gold = Mapping[str, Sequence[tuple[str, Span]]]
"""For each item, the article ids and spans that its gold wants cited."""

_TEMPLATE = "report.html.jinja"
_AROUND = 280
"""Characters of the article that are shown on either side of a quote."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of an article as it is shown: inside a quote or not, inside a gold passage or not."""

    text: str
    quoted: bool
    gold: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A citation in its article: the pieces of text round it, and whether text goes on on either side."""

    citation: Citation
    pieces: tuple[Piece, ...]
    before: bool
    after: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One metric of the table, with its difference to the run that is compared, where there is one."""

    metric: Metric
    estimate: Estimate
    difference: Difference | None

    @property
    def better(self) -> bool | None:
        """Whether it became better beyond chance, worse beyond chance, or neither; times are not judged."""
        found = self.difference
        if found is None or found.p >= 0.05 or found.difference == 0 or self.metric.unit == "seconds":
            return None
        return (found.difference > 0) == (self.metric.better == "higher")


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of the run, ready to be shown."""

    item: Scored
    question: str
    wanted: str
    forbidden: str
    note: str | None
    shown: tuple[Shown, ...]
    flipped: bool


def render_report(
    run: Run,
    article: Look,
    cases: Mapping[str, Case],
    comparison: Comparison | None = None,
    *,
    gold: Gold | None = None,
    other: Run | None = None,
) -> str:
    """The page for `run`. `other` is the run that `comparison` compares it with.

    Of the split test, only how many are right is shown, unless it is that split that was run.
    Raises `ConfigError` where Jinja is not installed.
    """
    environment = _environment()
    environment.filters["figure"] = figure
    runs = [run] if other is None else [other, run]
    hidden = {item.id: item.passed for item in run.items if held_back(item, run.settings.get("split"))}
    told = [item for item in run.items if item.id not in hidden]
    flips = [flip for flip in comparison.flips if flip.id not in hidden] if comparison else []
    flipped = {flip.id for flip in flips}
    return environment.get_template(_TEMPLATE).render(
        run=run,
        lines=_lines(run, comparison),
        tags=by_tag(run.items, seed=run.seed),
        comparison=comparison,
        distribution=distribution(run),
        calibration=calibration(run),
        cost=cost_against_quality(runs),
        flips=flips,
        entries=[_entry(item, cases[item.case], article, (gold or {}).get(item.id, ()), flipped) for item in told],
        passed=sum(item.passed for item in run.items),
        hidden=len(hidden),
        hidden_passed=sum(hidden.values()),
    )


def write_report(
    file: Path,
    run: Run,
    cases: Sequence[Case],
    subject: Subject,
    comparison: Comparison | None = None,
    other: Run | None = None,
) -> None:
    """Write the page for `run`, whose `cases` were asked of `subject`, to `file`; raises `StorageError`."""

    def article(name: str, version: str) -> Article | None:
        try:
            return subject.article(name, version)
        except NotFoundError:
            return None

    places = locate(cases, subject)
    gold = {
        name: [(places[passage].article.id, places[passage].span) for group in turn.expected.cite for passage in group]
        for case in cases
        for name, turn in case.asked.items()
    }
    page = render_report(run, article, {case.id: case for case in cases}, comparison, gold=gold, other=other)
    write_whole(file, page)


def check_jinja() -> None:
    """Raise `ConfigError` where the package that a report needs is missing."""
    _environment()


def _environment() -> Environment:
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError as exc:
        raise ConfigError('a report needs Jinja: pip install "rag[eval]"') from exc
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def figure(value: float, unit: str) -> str:
    """A value as it is read: shares with three places, others with as many as they need."""
    return f"{value:.3f}" if unit == "share" else f"{value:,.4g}"


def _visible(value: object) -> object:
    """What is put into the page, without characters that hide text or turn it round; what a macro made stays."""
    return clean(value) if type(value) is str else value


def _lines(run: Run, comparison: Comparison | None) -> list[Line]:
    differences = {found.metric: found for found in comparison.differences} if comparison else {}
    return [
        Line(metric, run.metrics[name], differences.get(name))
        for name, metric in METRICS.items()
        if name in run.metrics
    ]


def _entry(item: Scored, case: Case, article: Look, gold: Sequence[tuple[str, Span]], flips: set[str]) -> Entry:
    question, expected = _asked(item, case)
    reply = item.outcome.answer or item.outcome.summary
    cited = (reply.citations or reply.nearest) if reply else ()
    return Entry(
        item=item,
        question=question,
        wanted=_wanted(case, expected),
        forbidden="; ".join(map(worded, expected.forbidden)),
        note=case.note,
        shown=tuple(_shown(citation, article, gold) for citation in cited),
        flipped=item.id in flips,
    )


def _asked(item: Scored, case: Case) -> tuple[str, Expected]:
    if case.summary is not None:
        about = case.summary.about or case.summary.article
        return f"Summary of {about} in {case.summary.sentences} sentences", case.expected
    turn = case.asked[item.id]
    return turn.question, turn.expected


def _wanted(case: Case, expected: Expected) -> str:
    if expected.abstain:
        return "that the articles do not say"
    if case.summary is not None:
        return "; ".join(f"{nugget.text}{' (vital)' if nugget.vital else ''}" for nugget in case.nuggets)
    return " or ".join(map(worded, expected.answers))


def _shown(citation: Citation, article: Look, gold: Sequence[tuple[str, Span]]) -> Shown:
    found = article(citation.article_id, citation.version)
    if found is None:
        return Shown(citation, (Piece(citation.quote, True, False),), before=True, after=True)
    start, end = max(0, citation.start - _AROUND), min(len(found.text), citation.end + _AROUND)
    wanted = [span for name, span in gold if name == found.id]
    borders = {start, end, citation.start, citation.end}
    borders |= {place for span in wanted for place in span if start < place < end}
    places = sorted(borders)
    pieces = tuple(
        Piece(
            found.text[at:until],
            quoted=citation.start <= at < citation.end,
            gold=any(span.start <= at < span.end for span in wanted),
        )
        for at, until in pairwise(places)
    )
    return Shown(citation, pieces, before=start > 0, after=end < len(found.text))
