"""A small fixed embedder for tests of programs that use a library: no weights, no loading time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag.text.words import content_words, stem
from rag.types import PartEmbedder, Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class HashEmbedder(PartEmbedder):
    """Bags of hashed word stems: texts that share words are near, and nothing else is."""

    def __init__(self, dimension: int = 64) -> None:
        self._dimension = dimension
        self.embedded = 0

    @property
    def name(self) -> str:
        return f"hash-{self._dimension}"

    @property
    def dimension(self) -> int:
        return self._dimension

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed `texts`, and count them in `embedded`."""
        self.embedded += len(texts)
        return self._vectors(texts)

    def embed_with_parts(
        self, texts: Sequence[str], parts: Sequence[Sequence[Span]]
    ) -> tuple[NDArray[np.float32], list[NDArray[np.float32]]]:
        """As `embed`, and the same of each part by itself."""
        found = [
            self._vectors([text[start:end] for start, end in spans]) for text, spans in zip(texts, parts, strict=True)
        ]
        return self.embed(texts), found

    def _vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        import numpy as np

        vectors = np.full((len(texts), self._dimension), 1e-3, dtype=np.float32)
        for row, text in enumerate(texts):
            for word in content_words(text):
                digest = hashlib.sha256(stem(word).encode()).digest()
                vectors[row, int.from_bytes(digest[:4], "big") % self._dimension] += 1.0
        normalised: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return normalised
