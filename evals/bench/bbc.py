"""BBC News (Greene, Cunningham, ICML 2006): clean articles as they are. What is taken for what it is not?

Wants `bbc/articles.jsonl`, a line for each article with `category`, `file`, `title` and `text`; or the files as they
are published, `bbc/bbc/<category>/001.txt`, with the title on the first line. Nothing in these
articles is planted and hardly anything is a page's furniture, so what is marked as such is a false alarm. They also
make a library of some size, in which each article should be found, whole.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from evals.bench.adapting import K, Shelf, mean, shelved, stepped
from evals.bench.results import BenchResult, Row
from evals.data import bbc
from rag.evaluation.metrics.retrieval import hits_at
from rag.text.instructions import addresses_a_model
from rag.text.sentences import split_sentences
from rag.types import Article, Embedder, Progress

LESS = "(less is better)"


def run(folder: Path, progress: Progress, embedder: Embedder | None = None) -> BenchResult:
    """Look at every sentence of every article, and for every article by its headline."""
    started = time.perf_counter()
    rows = bbc(folder)
    with shelved(rows, progress, embedder) as shelf:
        added = time.perf_counter() - started
        report = shelf.library.doctor(mend=False)
        stored = [shelf.library.article(own) for own in shelf.names]
        found = _found(shelf, rows, progress)
        notes = shelf.notes
    result = (*_alarms(stored), *found)
    whole = "every vector there, every span exact" if report.healthy else "; ".join([*report.damage, *report.inexact])
    return BenchResult(
        name="bbc",
        title="BBC News, clean articles",
        rows=result,
        seconds=time.perf_counter() - started,
        notes=(
            f"{report.articles} articles, {report.chunks} chunks, added in {added:.0f} s; then checked: {whole}.",
            "A sentence that addresses a model is no evidence, and boilerplate is neither indexed nor cited: both "
            "would be lost to answers. The rules for both were made with these articles at hand; what is marked as "
            "boilerplate are mostly lists of results and writers' biographies.",
            "Where there is not one case the bootstrap gives an interval of no width; the truth may still be as much "
            "as three by the number of cases (Hanley, Lippman-Hand 1983).",
            *notes,
        ),
    )


def _alarms(articles: Sequence[Article]) -> list[Row]:
    names = [article.key for article in articles]
    texts = [[article.text[start:end] for start, end in split_sentences(article.text)] for article in articles]
    flagged = [[float(addresses_a_model(sentence)) for sentence in sentences] for sentences in texts]
    each = [(name, value) for name, values in zip(names, flagged, strict=True) for value in values]
    marked = [sum(end - start for start, end in article.boilerplate) / len(article.text) for article in articles]
    return [
        mean(
            f"articles with a sentence taken to address a model {LESS}", [max(v, default=0.0) for v in flagged], names
        ),
        mean(f"sentences taken to address a model {LESS}", [value for _, value in each], [name for name, _ in each]),
        mean(
            f"articles with text taken for boilerplate {LESS}",
            [float(bool(article.boilerplate)) for article in articles],
            names,
        ),
        mean(f"share of an article's characters taken for boilerplate {LESS}", marked, names),
    ]


def _found(shelf: Shelf, rows: Sequence[Mapping[str, object]], progress: Progress) -> list[Row]:
    """By its headline each article is looked for; what else comes should be of its category."""
    names = [str(row["id"]) for row in rows]
    first: list[float] = []
    alike: list[float] = []
    for row, name in zip(stepped(rows, "bbc", progress), names, strict=True):
        ranked = shelf.found(str(row["title"]), K + 1)
        # An article that was published twice, under one headline, may come in its place.
        same = {str(other["id"]) for other in rows if other["title"] == row["title"]}
        others = [other for other in ranked if other not in same][:K]
        first.append(hits_at(ranked, same, 1))
        alike.append(sum(_category(other) == _category(name) for other in others) / max(1, len(others)))
    return [
        mean("found first by its headline", first, names),
        mean("of the ten next to it, of its category", alike, names, "by chance .20"),
    ]


def _category(name: str) -> str:
    return name.partition("/")[0]
