"""What the reader is trained on holds together, and tells nothing of the article that it is measured on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from math import log, sqrt
from typing import Any

import pytest

from evals.data import ROOT, data_folder
from evals.reader import data
from rag.text.words import STOPWORDS, words

GOLD = ROOT / "evals" / "gold"
MOST_LIKE = 0.16
"""The cosine of word vectors (TF-IDF): an article of the same event under other names had .20, news of like events
have up to .13."""


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (GOLD / name).read_text(encoding="utf-8").splitlines()]


def _vector(text: str) -> dict[str, float]:
    counts = Counter(word for word in words(text) if word not in STOPWORDS)
    return {word: 1 + log(count) for word, count in counts.items()}


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    product = sum(value * other[word] for word, value in one.items() if word in other)
    sizes = [sqrt(sum(value * value for value in vector.values())) for vector in (one, other)]
    return product / (sizes[0] * sizes[1])


def test_every_question_stands_on_an_article_and_points_into_it() -> None:
    sentences = {row["id"]: len(row["sentences"]) for row in _lines("reader_articles.jsonl")}
    splits: dict[str, set[str]] = {}
    for row in _lines("reader_questions.jsonl"):
        splits.setdefault(row["article"], set()).add(row["split"])
        assert row["question"].strip() == row["question"] != "", row
        assert bool(row["answers"]) != bool(row["near"]), row
        if "/" not in row["article"]:
            assert all(0 <= number < sentences[row["article"]] for number in row["answers"] + row["near"]), row
    assert {"train", "test"} == set.union(*splits.values())
    assert not [article for article, seen in splits.items() if len(seen) > 1], "on both sides of the split"


@pytest.mark.skipif(not (data_folder() / "bbc").exists(), reason="the data is not there")
def test_nothing_is_learned_from_an_article_that_is_tested_on() -> None:
    tested = {example.article for examples in data.test_sets().values() for example in examples}
    assert tested
    assert not tested & {example.article for example in data.training()}


def test_no_invented_article_tells_what_the_seed_article_tells() -> None:
    folder = data_folder() / "seed_article"
    if not folder.is_dir():
        pytest.skip("the seed article is not here")
    asked = " ".join(file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.txt")))
    texts = {row["id"]: " ".join([row["title"], *row["sentences"]]) for row in _lines("reader_articles.jsonl")}
    vectors = {name: _vector(text) for name, text in texts.items()}
    found = Counter(word for vector in vectors.values() for word in vector)
    rarity = {word: log(len(vectors) / count) for word, count in found.items()}

    def weighted(vector: Mapping[str, float]) -> dict[str, float]:
        return {word: value * rarity.get(word, log(len(vectors))) for word, value in vector.items()}

    target = weighted(_vector(asked))
    alike = {name: _cosine(weighted(vector), target) for name, vector in vectors.items()}
    assert max(alike.values()) < MOST_LIKE, max(alike, key=alike.__getitem__)
