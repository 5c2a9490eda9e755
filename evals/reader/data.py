"""What the reader is trained and tested on: questions with the sentences that answer them.

`evals/gold/reader_questions.jsonl` holds questions on BBC articles (which are read in place; of
their text only offsets are kept) and on `evals/gold/reader_articles.jsonl`, news and a few
encyclopaedic passages invented for this (CC0). Half are answered by the sentences in `answers`;
the others are near misses, whose most tempting sentences are in `near`. `split` keeps the articles
marked "test" out of training. Of `evals/gold/bbc_questions.jsonl`, articles whose hash falls into
`held_out` are kept out as well.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.data import ROOT, bbc, news
from rag.text.sentences import split_sentences

GOLD = ROOT / "evals" / "gold"


@dataclass(frozen=True, slots=True)
class Example:
    """A question on an article's `sentences`: those that answer it, and those that seem to."""

    question: str
    article: str
    title: str
    sentences: tuple[str, ...]
    answers: frozenset[int]
    near: tuple[int, ...]


def held_out(article: str) -> bool:
    """Whether an article of `bbc_questions.jsonl` is kept for testing: one in four, by its name."""
    return int(hashlib.sha256(article.encode()).hexdigest(), 16) % 4 == 0


def training() -> list[Example]:
    """All that the reader may learn from."""
    tested = {row["article"] for row in _lines("reader_questions.jsonl") if row["split"] == "test"}
    news = (example for example in _news() if not held_out(example.article) and example.article not in tested)
    return [*_written("train"), *news]


def test_sets() -> dict[str, list[Example]]:
    """Questions on articles that the reader has not seen."""
    return {
        "written with the training questions": list(_written("test")),
        "written before": [example for example in _news() if held_out(example.article)],
    }


def mined(file: Path, examples: Sequence[Example]) -> list[tuple[Example, int]]:
    """What `evals.reader.mine` wrote to `file`: examples, each with a sentence that was taken for an answer."""
    known = {(example.article, example.question): example for example in examples}
    rows = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())
    return [(known[row["article"], row["question"]], row["sentence"]) for row in rows]


def _written(split: str) -> Iterator[Example]:
    invented = {row["id"]: row for row in _lines("reader_articles.jsonl")}
    articles = {str(row["id"]): row for row in bbc()}
    cut: dict[str, tuple[list[str], dict[int, int]]] = {}
    for row in _lines("reader_questions.jsonl"):
        name = row["article"]
        if row["split"] != split:
            continue
        if name in invented:
            sentences, title = invented[name]["sentences"], invented[name]["title"]
            answers, near = row["answers"], row["near"]
        else:
            if name not in cut:
                cut[name] = _cut(str(articles[name]["text"]))
            (sentences, at), title = cut[name], str(articles[name]["title"])
            answers, near = ([at[start] for start, _ in row[key] if start in at] for key in ("answers", "near"))
        yield Example(row["question"], name, title, tuple(sentences), frozenset(answers), tuple(near))


def _news() -> Iterator[Example]:
    articles, asked = news()
    texts = {row["id"]: row for row in articles}
    for item in asked:
        sentences, _ = _cut(str(texts[item.article]["text"]))
        answers = frozenset(n for n, text in enumerate(sentences) if item.answerable and item.answered_by(text))
        if answers or not item.answerable:
            title = str(texts[item.article]["title"])
            yield Example(item.question, item.article, title, tuple(sentences), answers, ())


def _cut(text: str) -> tuple[list[str], dict[int, int]]:
    """The sentences of `text`, and the number of the one that begins at an offset."""
    spans = split_sentences(text)
    return [text[start:end] for start, end in spans], {start: number for number, (start, _) in enumerate(spans)}


def _lines(name: str) -> Iterator[dict[str, Any]]:
    for line in (GOLD / name).read_text(encoding="utf-8").splitlines():
        yield json.loads(line)
