"""What the tests of several rooms share: small articles, a library in a temporary folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rag import Library, Settings
from rag.models.fakes import HashEmbedder
from rag.types import Embedder

SEEDS = Path(__file__).parent.parent / "seeds"


@pytest.fixture(autouse=True)
def _own_world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees the user's settings, or writes where the user's library is."""
    for name in list(os.environ):
        if name.startswith(("RAG_", "OPENAI_")) and name != "RAG_EVAL_DATA":
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


class WholeEmbedder(Embedder):
    """As `HashEmbedder`, but it knows no parts: as a service that gives one vector a text."""

    def __init__(self) -> None:
        self._inner = HashEmbedder()

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def dimension(self) -> int:
        return self._inner.dimension

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._inner.embed(texts)


@pytest.fixture
def embedder() -> HashEmbedder:
    return HashEmbedder()


@pytest.fixture
def library(tmp_path: Path, embedder: HashEmbedder) -> Iterator[Library]:
    with Library.open(tmp_path / "library", settings=Settings(), embedder=embedder) as opened:
        yield opened


@pytest.fixture(scope="session")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The sample articles in a library with the real embedder; tests do not change it."""
    with Library.open(tmp_path_factory.mktemp("seeds") / "library", settings=Settings()) as opened:
        assert not opened.add(SEEDS).failed
        yield opened


def row(number: int, text: str, **metadata: object) -> dict[str, object]:
    """One article as a mapping."""
    return {"id": f"article-{number}", "title": f"Story {number}", "text": text, **metadata}
