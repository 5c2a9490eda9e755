"""How a run of an evaluation looks: pure functions from values to paragraphs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.surfaces.layout import BLANK, Paragraph, Piece, one_line, paragraph
from rag.surfaces.tables import counted

if TYPE_CHECKING:
    from rag.evaluation.comparing import Comparison, Difference
    from rag.evaluation.gate import GateReport
    from rag.evaluation.outcomes import Estimate, Run, Scored
    from rag.types import Usage

_GAP = "  "
_SHOWN = 5
"""So many items that are wrong are shown; the run holds all."""
_FLIPS = 8
_LONGEST_TAG = 48
_SURE = 0.05
_ROOMY = 112
"""So many columns hold the longest description of a metric."""
BRIEFLY = {
    "correct": "right in all that gold asks",
    "answer_match": "says an accepted answer",
    "judged": "gives one, the judge says",
    "exact_match": "is one, word for word (SQuAD)",
    "token_f1": "words shared with one (SQuAD)",
    "cited_gold": "gold passages that are cited",
    "citation_recall": "statements borne out (ALCE)",
    "citation_precision": "citations of use (ALCE)",
    "span_exact": "exact to the character",
    "over_refusal": "abstained, though it is said",
    "false_answer": "answered, though it is not",
    "abstention_balanced": "both of these, counting alike",
    "forbidden": "says what must not be said",
    "unsupported": "statements the checks refuse",
    "hits_at_4": "gold among the first 4 found",
    "hits_at_10": "gold among the first 10 found",
    "recall_at_10": "share of gold in the first 10",
    "mrr_at_10": "1 by the place of the first",
    "ndcg_at_10": "how near the top gold stands",
    "nuggets_vital": "vital facts held (TREC)",
    "nuggets_all": "facts held (TREC)",
    "rouge1": "words shared with a person's",
    "rouge2": "pairs of words shared",
    "rougeL": "longest sequence shared",
    "redundancy": "word trigrams that repeat",
    "compression": "times shorter than its text",
    "seconds": "time of one reply",
    "input_tokens": "read for one reply",
    "output_tokens": "written for one reply",
    "cost_usd": "dollars for one reply",
}
"""What each metric says, in what a terminal of 80 columns leaves for it; the catalogue says it in full."""


@dataclass(frozen=True, slots=True)
class View:
    """A run with what is shown beside it. `width` is the terminal's, `file` where the run is kept; `stays` are the
    floors that an update left where they were; `asked` has the question of each item."""

    run: Run
    tags: Mapping[str, Estimate]
    usage: Usage
    judging: Usage
    split: str
    width: int | None
    comparison: Comparison | None
    gate: GateReport | None
    stays: tuple[str, ...]
    file: str
    report: str | None
    asked: Mapping[str, str]


def run(view: View) -> Iterator[Paragraph]:
    """What was run, its figures, what is wrong, what changed, the gate, and where to find it all."""
    yield from _head(view)
    yield BLANK
    yield from _metrics(view.run.metrics, view.width)
    if len(view.tags) > 1:
        yield BLANK
        yield from _tags(view.tags)
    yield from _wrong(view.run.items, view.split, view.asked)
    if view.comparison is not None:
        yield BLANK
        yield from _compared(view.comparison)
    yield from gate(view.gate)
    for line in view.stays:
        yield paragraph(one_line(line), indent=2, hanging=2)
    yield BLANK
    yield paragraph(Piece(f"The run is kept in {one_line(view.file)}", "quiet"), wrap=False)
    if view.report:
        yield paragraph(Piece(f"The report is in {one_line(view.report)}", "quiet"), wrap=False)


def _head(view: View) -> Iterator[Paragraph]:
    from rag.evaluation.aggregates import fell_back

    run, items = view.run, view.run.items
    cases = len({item.case for item in items})
    part = "" if view.split == "all" else f" of the split {view.split}"
    by = one_line(run.model or "the articles' own sentences")
    yield paragraph(
        Piece(one_line(run.suite), "title"),
        f": {counted(cases, 'case')}{part} over {counted(run.articles, 'article')}, answered by {by}, "
        f"{_time(run.seconds)}",
    )
    passed = sum(item.passed for item in items)
    are = "is" if len(items) == 1 else "are"
    yield paragraph(f"{passed:,} of {counted(len(items), 'item')} {are} right in all that the gold asks for.")
    for used, by in ((view.usage, ""), (view.judging, " by the judge")):
        if used.input_tokens or used.output_tokens:
            cost = "" if used.cost_usd is None else f", {used.cost_usd:,.4f} dollars"
            yield paragraph(f"{used.input_tokens:,} tokens read{by}, {used.output_tokens:,} written{cost}.")
    if failed := [item.outcome.error for item in items if item.outcome.error]:
        yield paragraph(Piece(f"{counted(len(failed), 'item')} could not be asked: {one_line(failed[0])}", "warning"))
    again = sum(item.outcome.kept for item in items)
    if again:
        kept = f"{counted(again, 'reply')[:-1]}ies" if again > 1 else "1 reply"
        yield paragraph(f"{kept} of the model came from those that are kept (--fresh asks anew); they count no time.")
    stood_in = [why for item in items if run.model and (why := fell_back(item.outcome))]
    if stood_in:
        many = counted(len(stood_in), "time")
        yield paragraph(Piece(f"The model failed {many}: {one_line(stood_in[0])}", "warning"))


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} min"


def _metrics(metrics: Mapping[str, Estimate], width: int | None) -> Iterator[Paragraph]:
    from rag.evaluation.catalogue import METRICS

    rows = []
    for name, found in metrics.items():
        metric = METRICS[name]
        if metric.unit in ("tokens", "dollars") and not found.high:
            continue  # no model was asked
        arrow = " ↓" if metric.better == "lower" else ""
        interval = f"{_figure(found.low, metric.unit)}–{_figure(found.high, metric.unit)}"
        said = metric.what if width is None or width >= _ROOMY else BRIEFLY[name]
        rows.append([name + arrow, _figure(found.value, metric.unit), interval, f"{found.items:,}", said])
    yield from _table(["METRIC", "VALUE", "95%", "N", ""], "<>>><", rows, width)
    yield paragraph(Piece("↓ less is better. 95%: what other questions on such articles might give.", "quiet"))


def _figure(value: float, unit: str) -> str:
    if unit == "share":
        return f"{value:.3f}"
    if unit == "tokens":
        return f"{value:,.0f}"
    return f"{value:.4f}" if unit == "dollars" else f"{value:.2f}"


def _tags(tags: Mapping[str, Estimate]) -> Iterator[Paragraph]:
    rows = [
        [
            _cut(one_line(tag), _LONGEST_TAG),
            f"{found.value:.3f}",
            f"{found.low:.3f}–{found.high:.3f}",
            f"{found.items:,}",
        ]
        for tag, found in tags.items()
    ]
    yield from _table(["TAG", "RIGHT", "95%", "N"], "<>>>", rows, None)


def _wrong(items: Sequence[Scored], split: str, asked: Mapping[str, str]) -> Iterator[Paragraph]:
    """A few that are wrong; those of the test split are told only to whoever asks for them."""
    from rag.evaluation.aggregates import held_back

    wrong = [item for item in items if not item.passed]
    told = [item for item in wrong if not held_back(item, split)]
    hidden = len(wrong) - len(told)
    if told:
        few = f", of which {_SHOWN}" if len(told) > _SHOWN else ""
        yield BLANK
        yield paragraph(Piece(f"Wrong: {len(told):,}{few}", "title"))
    # From beginning to end, for what stands together in a file often fails together.
    for item in told[:: max(1, len(told) // _SHOWN)][:_SHOWN]:
        yield BLANK
        yield from _item(item, asked.get(item.id, ""))
    if hidden:
        yield BLANK
        are = "items of the split test are" if hidden > 1 else "item of the split test is"
        yield paragraph(
            f"{hidden:,} {are} wrong too, and not shown, so that nobody tunes to them: --split test shows them."
        )


def _item(item: Scored, asked: str) -> Iterator[Paragraph]:
    from rag.evaluation.aggregates import reply_of

    reply = reply_of(item.outcome)
    yield paragraph(Piece(f"{one_line(item.id)}{_GAP}", "marker"), one_line(asked), hanging=2, rows=2)
    for fault in item.faults:
        yield paragraph(Piece(one_line(fault), "warning"), indent=2, hanging=2, rows=3)
    if reply is not None and reply.status == "answered":
        yield paragraph(Piece(one_line(reply.text), "quiet"), indent=2, rows=2)


def _compared(comparison: Comparison) -> Iterator[Paragraph]:
    from rag.evaluation.catalogue import METRICS

    started = comparison.before.partition(".")[0].replace("T", " ")
    yield paragraph(Piece(f"Against the run of {started} UTC", "title"))
    if comparison.changed:
        yield paragraph(f"They differ in {'; '.join(map(one_line, comparison.changed))}.", hanging=2)
    shown = [found for found in comparison.differences if found.difference]
    order = list(METRICS)
    shown.sort(key=lambda found: order.index(found.metric))
    if shown:
        rows = [_difference(found) for found in shown]
        yield from _table(["METRIC", "BEFORE", "NOW", "95% OF THE DIFFERENCE", "P", "N", ""], "<>>>>><", rows, None)
    elif comparison.differences:
        yield paragraph("No figure differs.")
    for now, label in ((False, "No longer right"), (True, "Now right")):
        names = [one_line(flip.id) for flip in comparison.flips if flip.now_passes == now]
        if names:
            more = f" and {len(names) - _FLIPS} more" if len(names) > _FLIPS else ""
            yield paragraph(f"{label} ({len(names):,}): {', '.join(names[:_FLIPS])}{more}", hanging=2)
    for alone, when in ((comparison.only_before, "then"), (comparison.only_after, "now")):
        if alone:
            yield paragraph(f"{counted(len(alone), 'item')} only {when}, not compared.")


def _difference(found: Difference) -> list[str]:
    from rag.evaluation.catalogue import METRICS

    metric = METRICS[found.metric]
    better = (found.difference > 0) == (metric.better == "higher")
    # What time a reply takes depends on what else the machine does.
    verdict = ("better" if better else "worse") if found.p < _SURE and metric.unit != "seconds" else ""
    low, high = (f"{'+' if value >= 0 else '−'}{_figure(abs(value), metric.unit)}" for value in (found.low, found.high))
    figures = [_figure(value, metric.unit) for value in (found.before, found.after)]
    chance = "<0.001" if found.p < 0.001 else f"{found.p:.3f}"
    return [found.metric, *figures, f"{low} to {high}", chance, f"{found.items:,}", verdict]


def gate(report: GateReport | None) -> Iterator[Paragraph]:
    """Whether the gate is green, and why not."""
    if report is None:
        return
    yield BLANK
    if report.green:
        yield paragraph(Piece("The gate is green. ", "title"), "; ".join(map(one_line, report.lines)))
        return
    yield paragraph(Piece("The gate is red:", "warning"))
    for breach in report.breaches:
        yield paragraph(one_line(breach), indent=2, hanging=2)


def _cut(line: str, most: int) -> str:
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _table(head: Sequence[str], sides: str, rows: Sequence[Sequence[str]], width: int | None) -> Iterator[Paragraph]:
    """Aligned columns; the last is cut to `width`, where one is given."""
    table = [list(head), *map(list, rows)]
    columns = [max(len(row[at]) for row in table) for at in range(len(head))]
    for number, row in enumerate(table):
        cells = [
            cell.rjust(size) if side == ">" else cell.ljust(size)
            for cell, size, side in zip(row, columns, sides, strict=True)
        ]
        line = _GAP.join(cells).rstrip()
        if width is not None:
            line = _cut(line, width)
        yield paragraph(Piece(line, "quiet" if number == 0 else "plain"), wrap=False)
