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


# What may be lost and what may be kept of each set. "dev" was written for; "held_out" was measured blind first
# (137 of 138 pieces of evidence kept, 167 of 257 of boilerplate out) and seen afterwards:
# its figure is no longer blind.
# The third set was not looked at when the signs were chosen.
ALLOWED = {"dev": (0, 0), "held_out": (0, 6), "third": (4, 27)}
TITLES = {"dev": 12, "held_out": 11, "third": 8}


@pytest.mark.parametrize("part", ALLOWED)
def test_evidence_is_kept_and_furniture_is_not(part: str, articles: dict[Path, Article]) -> None:
    gold = {path: json.loads(path.read_text(encoding="utf-8")) for path in GOLD if path.parent.name == part}
    found = {path.name: judged(said, articles[path]) for path, said in gold.items()}
    lost, kept = ({name: pieces[side] for name, pieces in found.items() if pieces[side]} for side in (0, 1))
    allowed_lost, allowed_kept = ALLOWED[part]
    assert sum(map(len, lost.values())) <= allowed_lost, lost
    assert sum(map(len, kept.values())) <= allowed_kept, kept
    assert sum(articles[path].title == said["title"] for path, said in gold.items()) >= TITLES[part]


@pytest.mark.parametrize("path", GOLD, ids=lambda path: f"{path.parent.name}-{path.name.split('.')[0]}")
def test_date_of_a_layout(path: Path, articles: dict[Path, Article]) -> None:
    expected = json.loads(path.read_text(encoding="utf-8"))["published"]
    assert str(articles[path].published) == str(expected)


def test_there_are_layouts() -> None:
    assert len(GOLD) >= 10
