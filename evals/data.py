"""Reads the public data sets, in place; nothing of them is copied into the project."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evals.bench.originals import ORIGINALS, read_lines
from rag.errors import UserError

ROOT = Path(__file__).parent.parent
QUESTIONS = ROOT / "evals" / "gold" / "bbc_questions.jsonl"

_WORD = re.compile(r"\d+(?:[.,]\d+)*\w*|\w+")
_ARTICLES = frozenset({"a", "an", "the"})


def data_folder() -> Path:
    """`RAG_EVAL_DATA`, else the folder `shared/data` beside the project."""
    return Path(os.environ.get("RAG_EVAL_DATA") or ROOT.parent / "shared" / "data")


def rows(name: str, folder: Path | None = None) -> Iterator[dict[str, Any]]:
    """The rows of one data set in `folder`, which is the data folder unless given: of the plain JSON Lines file `name`,
    else of the data as it is published.

    Raises `UserError` where neither is there, and for a file that is not what it should be.
    """
    place = source(name, folder)
    return read_lines(place) if place.name == Path(name).name else ORIGINALS[name].read(place)


def source(name: str, folder: Path | None = None) -> Path:
    """The file, or the folder, that `rows` reads; raises `UserError` where there is none."""
    plain = (folder or data_folder()) / name
    if plain.exists():
        return plain
    original = ORIGINALS[name]
    place = original.place(plain.parent)
    if place is None:
        raise UserError(f"neither {plain} nor, as it is published, {plain.parent / original.files[0]} is there")
    return place


def is_there(name: str, folder: Path) -> bool:
    """Whether `rows` has something to read."""
    return (folder / name).exists() or ORIGINALS[name].place((folder / name).parent) is not None


def holds(text: str, answer: str) -> bool:
    """Whether `text` has the words of `answer` one after another; case, marks and articles do not matter.

    What is nothing but marks and articles is looked for as it stands. SQuAD's own way of comparing would glue words
    that a dash or a slash parts.
    """
    wanted = _words(answer)
    if not wanted:
        return bool(answer.strip()) and squeeze(answer) in squeeze(text)
    return f" {wanted} " in f" {_words(text)} "


def _words(text: str) -> str:
    found = (word.replace(",", "") for word in _WORD.findall(text.casefold()))
    return " ".join(word for word in found if word not in _ARTICLES)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the id of the article that it is about.

    `accept` are ways to be right: a sentence answers when it holds all strings of one of them;
    empty where nothing answers. `group` keeps together what must not be split between fitting
    and measuring.
    """

    question: str
    article: str
    accept: tuple[tuple[str, ...], ...]
    group: str

    @property
    def answerable(self) -> bool:
        """Whether the article answers the question."""
        return bool(self.accept)

    def answered_by(self, text: str) -> bool:
        """Whether `text` holds an accepted answer, word for word."""
        return any(all(holds(text, part) for part in way) for way in self.accept)


def squeeze(text: str) -> str:
    """`text` in lower case with single spaces."""
    return " ".join(text.casefold().split())


Set = tuple[list[dict[str, object]], list[Asked]]
"""Articles to add to a library, and questions to ask of it."""


def squad2(folder: Path | None = None) -> Set:
    """SQuAD 2.0 (CC BY-SA 4.0): each paragraph an article; questions grouped by Wikipedia page."""
    articles: list[dict[str, object]] = []
    asked: list[Asked] = []
    for page in rows("squad2/articles.jsonl", folder):
        for number, paragraph in enumerate(page["paragraphs"]):
            name = f"{page['title']}-{number}"
            articles.append({"id": name, "title": page["title"].replace("_", " "), "text": paragraph["context"]})
            for item in paragraph["qas"]:
                accept = tuple((answer["text"],) for answer in item["answers"])
                asked.append(Asked(item["question"], name, accept, page["title"]))
    return articles, asked


def clapnq(folder: Path | None = None) -> Set:
    """CLAP-NQ (Apache-2.0): each passage an article, which answers its question or does not."""
    articles: list[dict[str, object]] = []
    asked: list[Asked] = []
    for part in ("answerable", "unanswerable"):
        for row in rows(f"clapnq/{part}.jsonl", folder):
            passage = row["passages"][0]
            articles.append({"id": row["id"], "title": passage["title"], "text": passage["text"]})
            accept = tuple((answer,) for answer in row["answers"]) if row["answerable"] else ()
            asked.append(Asked(row["question"], row["id"], accept, row["id"]))
    return articles, asked


def bbc(folder: Path | None = None) -> list[dict[str, object]]:
    """BBC News 2004-2005 (research use): articles in five categories, in the order of the file."""
    return [
        {"id": f"{row['category']}/{row['file']}", "title": row["title"], "text": row["text"]}
        for row in rows("bbc/articles.jsonl", folder)
    ]


def bbc_questions() -> list[Asked]:
    """Our own questions on the BBC articles: half of them near misses that the article does not answer."""
    asked = []
    for row in read_lines(QUESTIONS):
        name = f"{row['category']}/{row['file']}"
        asked.append(Asked(row["question"], name, tuple(tuple(way) for way in row["accept"]), name))
    return asked


def news() -> Set:
    """The BBC articles, and our own questions on them."""
    return bbc(), bbc_questions()


def absent() -> Set:
    """Our news questions again, with the articles of every other one away: what answers is not there.

    Half of the articles that are asked about are left out; a question on one of these has no answer.
    """
    articles, asked = news()
    about = sorted({item.article for item in asked if item.answerable})
    away = set(about[::2])
    kept = [row for row in articles if row["id"] not in away]
    changed = [replace(item, accept=() if item.article in away else item.accept) for item in asked if item.answerable]
    return kept, changed
