"""What each sentence of a chunk means where it stands: unit vectors beside the catalog's chunks, eight bits a number.

They are made in the same reading as the chunk's own vector, by embedders that can, and go when the chunk goes. A
library that has none is searched without them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rag.types import Chunk

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rag.storage.catalog import Catalog


class SentenceVectors:
    """The sentence vectors of a library; those of one Chroma collection were made with its chunk vectors."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def put(self, rows: Iterable[tuple[Chunk, NDArray[np.float32]]], collection: str) -> None:
        """Keep for each chunk an array of shape (sentences, dimension); within a transaction of the caller's."""
        for chunk, vectors in rows:
            self._catalog.execute(
                "INSERT OR REPLACE INTO sentence_vector SELECT rowid, ?, ?, ? FROM chunk"
                " WHERE article_id = ? AND version = ? AND number = ?",
                (collection, len(vectors), _packed(vectors), chunk.article_id, chunk.version, chunk.number),
            )

    def get(self, ids: Sequence[str], collection: str) -> dict[str, NDArray[np.float32]]:
        """By chunk id an array of shape (sentences, dimension), rows of length one; what has none is left out."""
        import numpy as np

        wanted = [(article, version, int(number)) for article, version, number in (key.split(":") for key in ids)]
        rows = self._catalog.execute(
            "SELECT c.article_id || ':' || c.version || ':' || c.number AS id, s.sentences, s.vectors"
            " FROM json_each(?) w JOIN chunk c ON c.article_id = json_extract(w.value, '$[0]')"
            " AND c.number = json_extract(w.value, '$[2]') AND c.version = json_extract(w.value, '$[1]')"
            " JOIN sentence_vector s ON s.chunk = c.rowid AND s.collection = ?",
            (json.dumps(wanted), collection),
        )
        found = {}
        for row in rows:
            packed = np.frombuffer(row["vectors"], dtype=np.int8).reshape(row["sentences"], -1).astype(np.float32)
            found[row["id"]] = packed / np.maximum(np.linalg.norm(packed, axis=1, keepdims=True), 1.0)
        return found

    def missing(self, collection: str) -> list[str]:
        """The ids of the chunks that have none."""
        rows = self._catalog.execute(
            "SELECT article_id || ':' || version || ':' || number AS id FROM chunk c WHERE NOT EXISTS"
            " (SELECT 1 FROM sentence_vector s WHERE s.chunk = c.rowid AND s.collection = ?) ORDER BY rowid",
            (collection,),
        )
        return [row["id"] for row in rows]

    def keep_only(self, collection: str) -> None:
        """Forget those of other collections; within a transaction of the caller's."""
        self._catalog.execute("DELETE FROM sentence_vector WHERE collection <> ?", (collection,))


def _packed(vectors: NDArray[np.float32]) -> bytes:
    """Each row brought to whole numbers from -127 to 127: a direction is kept to within about half a degree."""
    import numpy as np

    scale = 127.0 / np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-12)
    packed: NDArray[np.int8] = np.round(vectors * scale).astype(np.int8)
    return packed.tobytes()
