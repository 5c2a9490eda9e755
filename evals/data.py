"""Reads the public data sets, in place; nothing of them is copied into the project."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


def data_folder() -> Path:
    """`RAG_EVAL_DATA`, else the folder `shared/data` beside the project."""
    return Path(os.environ.get("RAG_EVAL_DATA") or ROOT.parent / "shared" / "data")


def rows(name: str) -> Iterator[dict[str, Any]]:
    """The rows of one JSON Lines file of the data folder."""
    with (data_folder() / name).open(encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the id of the article that it is about and what answers it.

    `answers` are (text, start) in that article, empty where nothing in it answers. `group` keeps
    together what must not be split between fitting and measuring.
    """

    question: str
    article: str
    answers: tuple[tuple[str, int], ...]
    group: str


def squad2() -> tuple[list[dict[str, object]], list[Asked]]:
    """SQuAD 2.0 (CC BY-SA 4.0): each paragraph an article; questions grouped by Wikipedia page."""
    articles: list[dict[str, object]] = []
    asked: list[Asked] = []
    for page in rows("squad2/articles.jsonl"):
        for number, paragraph in enumerate(page["paragraphs"]):
            name = f"{page['title']}-{number}"
            articles.append({"id": name, "title": page["title"].replace("_", " "), "text": paragraph["context"]})
            for item in paragraph["qas"]:
                answers = tuple((answer["text"], answer["answer_start"]) for answer in item["answers"])
                asked.append(Asked(item["question"], name, answers, page["title"]))
    return articles, asked


def clapnq() -> tuple[list[dict[str, object]], list[Asked]]:
    """CLAP-NQ (Apache-2.0): each passage an article; a passage that does not answer counts as such."""
    articles: list[dict[str, object]] = []
    asked: list[Asked] = []
    for part in ("answerable", "unanswerable"):
        for row in rows(f"clapnq/{part}.jsonl"):
            passage = row["passages"][0]
            articles.append({"id": row["id"], "title": passage["title"], "text": passage["text"]})
            answers = ((passage["text"], 0),) if row["answerable"] else ()
            asked.append(Asked(row["question"], row["id"], answers, row["id"]))
    return articles, asked


def bbc() -> list[dict[str, object]]:
    """BBC News 2004-2005 (research use): 600 articles in five categories, in the order of the file."""
    return [
        {"id": f"{row['category']}/{row['file']}", "title": row["title"], "text": row["text"]}
        for row in rows("bbc/articles.jsonl")
    ]
