"""Chunks → vectors: of the chunk, and of its sentences where the embedder gives them in the same reading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag.text.chunks import embedded_parts
from rag.types import Article, Chunk, Embedder, PartEmbedder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def embed_chunks(
    embedder: Embedder, rows: Sequence[tuple[Article, Chunk]]
) -> tuple[NDArray[np.float32], list[NDArray[np.float32]]]:
    """An array of shape (rows, dimension), and for each row one of shape (its sentences, dimension).

    The list is empty where the embedder knows no parts.
    """
    embedded = [embedded_parts(article, chunk) for article, chunk in rows]
    texts = [text for text, _ in embedded]
    if isinstance(embedder, PartEmbedder):
        return embedder.embed_with_parts(texts, [spans for _, spans in embedded])
    return embedder.embed(texts), []
