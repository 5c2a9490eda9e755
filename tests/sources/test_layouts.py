"""Boilerplate, measured on pages with gold: nothing said is lost, nothing around it is evidence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rag.settings import Settings
from rag.sources import read
from rag.types import Article

LAYOUTS = Path(__file__).parent / "layouts"
GOLD = sorted(LAYOUTS.glob("*/*.gold.json"))


def page_of(gold: Path) -> Path:
    stem = gold.name.removesuffix(".gold.json")
    return next(path for path in gold.parent.glob(f"{stem}.*") if path.suffix != ".json")


def squeezed(text: str) -> str:
    return " ".join(text.split())


def unmarked(article: Article) -> str:
    """The text that can be evidence; what was between two pieces of it is a break that matches nothing."""
    pieces, position = [], 0
    for span in article.boilerplate:
        pieces.append(article.text[position : span.start])
        position = span.end
    return squeezed(" \x00 ".join([*pieces, article.text[position:]]))


def judged(gold: dict[str, Any], article: Article) -> tuple[list[str], list[str]]:
    """The evidence that was lost and the boilerplate that was kept."""
    left = unmarked(article)
    evidence = [squeezed(text) for text in gold["evidence"]]
    lost = [text for text in evidence if text not in left]
    # A short label may stand in a sentence of the article as well: that is no finding.
    kept = [
        text
        for text in map(squeezed, gold["boilerplate"])
        if text in left and not any(text in said for said in evidence)
    ]
    return lost, kept


@pytest.fixture(scope="module")
def articles() -> dict[Path, Article]:
    reads = read([page_of(path) for path in GOLD], Settings())
    return {path: found.article for path, found in zip(GOLD, reads, strict=True) if found.article}


@pytest.mark.parametrize("path", GOLD, ids=lambda path: f"{path.parent.name}-{path.name.split('.')[0]}")
def test_layout(path: Path, articles: dict[Path, Article]) -> None:
    gold = json.loads(path.read_text(encoding="utf-8"))
    article = articles[path]
    assert judged(gold, article) == ([], [])
    assert article.title == gold["title"]
    assert str(article.published) == gold["published"]


def test_there_are_layouts() -> None:
    assert len(GOLD) >= 10
