"""The bundled embedder, which embeds no text twice: in an evaluation the same sentences come up often."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag.models.embeddings import load_embedder
from rag.types import PartEmbedder, Span


class Remembering(PartEmbedder):
    """For quality, not for speed: what it gives is what the bundled embedder gives."""

    def __init__(self) -> None:
        inner = load_embedder()
        assert isinstance(inner, PartEmbedder)
        self._inner = inner
        self._known: dict[str, NDArray[np.float32]] = {}

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def dimension(self) -> int:
        return self._inner.dimension

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed `texts`, from memory where they were seen before."""
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        self._known.update(zip(new, self._inner.embed(new), strict=True))
        return np.stack([self._known[text] for text in texts])

    def embed_with_parts(
        self, texts: Sequence[str], parts: Sequence[Sequence[Span]]
    ) -> tuple[NDArray[np.float32], list[NDArray[np.float32]]]:
        """As the bundled embedder; articles are added once, and not kept in memory."""
        return self._inner.embed_with_parts(texts, parts)
