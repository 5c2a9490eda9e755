"""REALSumm (Bhandari et al., EMNLP 2020): CNN/DailyMail articles with a summary by their editors.

Wants `realsumm/articles.jsonl`, a line for each article with `id`, `article` (tokenised, in lower case, one
paragraph) and `reference` (one sentence a line); or REALSumm's own
`realsumm/selected_docs_for_human_eval/abs/ptr_generator/src.txt` and `ref.txt`, a document a line.

No news article is written like that, so each is first put back into prose: sentences end at their marks, which the
tokens show, and begin with a capital. A text whose marks are no tokens is prose already. ROUGE is of the tokenised
sentences that the summary's are, and of the first three for Lead-3, so that both are compared with the reference in
the same writing.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.bench.adapting import Shelf, mean, shelved, stepped
from evals.bench.results import BenchResult, Row
from evals.data import rows
from rag.evaluation.metrics.summaries import Rouge, rouge
from rag.evaluation.outcomes import Estimate
from rag.evaluation.statistics import paired
from rag.text.normalize import normalise
from rag.text.sentences import split_sentences
from rag.types import Embedder, Progress, Summary

SENTENCES = 3
LEAD = "whole CNN/DailyMail test set, Lead-3 (See et al. 2017): {}"

_MARKS = {".", "?", "!", "...", "?!", "!!"}
_CLOSING = {"''", "”", "’", ")", "]"}
_TIGHT = ((re.compile(r"\s+(n't|'(?:s|m|d|re|ve|ll)\b|[.,:;?!%)\]’])"), r"\1"), (re.compile(r"([(\[$‘])\s+"), r"\1"))


@dataclass(frozen=True, slots=True)
class Story:
    """An article's sentences as its tokens give them, and the summary by its editors."""

    id: str
    sentences: tuple[str, ...]
    reference: str

    @property
    def prose(self) -> str:
        """The article as it would stand in a newspaper, but for the capitals of names."""
        return " ".join(map(written, self.sentences))


def run(folder: Path, progress: Progress, embedder: Embedder | None = None) -> BenchResult:
    """Summarize each article in three sentences, and compare with its own first three."""
    started = time.perf_counter()
    stories = [
        Story(row["id"], tuple(sentences_of(row["article"])), row["reference"])
        for row in rows("realsumm/articles.jsonl", folder)
    ]
    articles = [{"id": story.id, "text": story.prose} for story in stories]
    ours, lead = [], []
    short = 0
    with shelved(articles, progress, embedder) as shelf:
        own = {name: key for key, name in shelf.names.items()}
        for story in stepped(stories, "realsumm", progress):
            chosen = _chosen(shelf, story, own[story.id]) if story.id in own else []
            short += len(chosen) < SENTENCES
            ours.append(_rouge(chosen, story))
            lead.append(_rouge(story.sentences[:SENTENCES], story))
        notes = shelf.notes
    figures, test = _rows(stories, ours, lead)
    return BenchResult(
        name="realsumm",
        title="REALSumm",
        rows=figures,
        seconds=time.perf_counter() - started,
        notes=(
            f"{len(stories)} articles. Three sentences, as many as Lead-3 has and as is usual on CNN/DailyMail; "
            f"{short} of the summaries have fewer. F1 by rouge-score with its stemmer, ROUGE-L over the whole summary.",
            f"The difference from Lead-3 by sign flips over the articles: {test}.",
            *notes,
        ),
    )


def sentences_of(tokenised: str) -> list[str]:
    """The sentences of a tokenised text: to each closing mark, with the quotation marks and brackets behind it.

    Those of one that is not tokenised are where `rag` finds them.
    """
    if not _MARKS & set(tokenised.split()):
        return [tokenised[start:end] for start, end in split_sentences(tokenised)]
    found: list[list[str]] = [[]]
    ended = False
    for token in _directed(tokenised.split()):
        if ended and token not in _CLOSING:
            found.append([])
            ended = False
        found[-1].append(token)
        ended = ended or token in _MARKS
    return [sentence for tokens in found if re.search(r"\w", sentence := " ".join(tokens))]


def _directed(tokens: Sequence[str]) -> Iterator[str]:
    """The tokens, with single quotation marks told apart: they open and close by turns, and open behind a colon."""
    opened = False
    for before, token in zip(["", *tokens], tokens, strict=False):
        if token == "'":
            opened = not opened or before == ":"
        yield ("‘" if opened else "’") if token == "'" else token


def written(sentence: str) -> str:
    """A tokenised sentence as one writes it: spaces and quotation marks in their places, a capital to begin with."""
    text = sentence.replace("`` ", "“").replace(" ''", "”")
    for pattern, replacement in _TIGHT:
        text = pattern.sub(replacement, text)
    first = re.search(r"[^\W\d_]", text)
    return text if first is None else text[: first.start()] + first.group().upper() + text[first.end() :]


def _chosen(shelf: Shelf, story: Story, own: str) -> list[str]:
    """The tokenised sentences that the summary consists of, by their places."""
    summary: Summary = shelf.library.summarize(own, sentences=SENTENCES)
    text = shelf.library.article(own).text
    quoted = [(citation.start, citation.end) for citation in summary.citations]
    chosen, at = [], 0
    for sentence in story.sentences:
        prose = normalise(written(sentence))  # as the library keeps it
        start = text.find(prose, at)
        if start < 0:
            continue
        at = start + len(prose)
        if any(begin < at and start < end for begin, end in quoted):
            chosen.append(sentence)
    return chosen


def _rouge(sentences: Sequence[str], story: Story) -> Rouge:
    return rouge("\n".join(sentences).lower(), story.reference.lower())


def _rows(stories: Sequence[Story], ours: Sequence[Rouge], lead: Sequence[Rouge]) -> tuple[tuple[Row, ...], str]:
    names = [story.id for story in stories]
    kinds = (("ROUGE-1", "r1", ".403"), ("ROUGE-2", "r2", ".177"), ("ROUGE-L", "rl", ".366"))
    found: list[Row] = []
    tests = []
    for title, kind, published in kinds:
        of_ours, of_lead = ([getattr(each, kind) for each in several] for several in (ours, lead))
        test = paired(of_lead, of_ours, names)
        found += [
            mean(title, of_ours, names),
            mean(f"{title} of Lead-3", of_lead, names, LEAD.format(published)),
            Row(
                metric=f"{title}, ours less Lead-3",
                estimate=Estimate(test.difference, test.low, test.high, len(names)),
            ),
        ]
        tests.append(f"{title} p = {test.p:.3f}")
    return tuple(found), ", ".join(tests)
