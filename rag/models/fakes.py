"""A small fixed embedder for tests of programs that use a library: no weights, no loading time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag.text.words import content_words, stem
from rag.types import Embedder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class HashEmbedder(Embedder):
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
        import numpy as np

        self.embedded += len(texts)
        vectors = np.full((len(texts), self._dimension), 1e-3, dtype=np.float32)
        for row, text in enumerate(texts):
            for word in content_words(text):
                digest = hashlib.sha256(stem(word).encode()).digest()
                vectors[row, int.from_bytes(digest[:4], "big") % self._dimension] += 1.0
        normalised: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return normalised
