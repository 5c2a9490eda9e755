"""Embeddings from an OpenAI-compatible server: ``RAG_EMBEDDINGS=openai:MODEL``.

The server is OpenAI's, or the one of OPENAI_BASE_URL. The texts of all articles that are added go
there, and every question.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rag.errors import ConfigError, ModelReplyError
from rag.models.calls import USUAL_RETRIES, Retries, call
from rag.models.connection import openai_connection, openai_service
from rag.types import Embedder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PREFIX = "openai:"
_MOST_TEXTS = 128
_MOST_CHARACTERS = 200_000
"""A request holds no more than this: within the limits that OpenAI and common servers set."""


class RemoteEmbedder(Embedder):
    """A model on an OpenAI-compatible server; its `name` is the setting, so that a library remembers it.

    The dimension is what the first reply has. `timeout_seconds` bounds one request with its retries.
    Safe to use from several threads.
    """

    def __init__(
        self,
        setting: str,
        *,
        timeout_seconds: float = 60.0,
        retries: Retries = USUAL_RETRIES,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`setting` is ``openai:MODEL``. Raises `ConfigError` where the key or the model's name is missing."""
        model = setting.removeprefix(PREFIX).strip()
        if not setting.startswith(PREFIX) or not model:
            raise ConfigError(f"RAG_EMBEDDINGS: {setting!r} names no model: write {PREFIX}MODEL")
        variables = os.environ if environment is None else environment
        self._url, self._key, _ = openai_connection(variables)
        self._name, self._model = PREFIX + model, model
        self._service = openai_service(self._name, self._url, self._key, variables)
        self._timeout_seconds, self._retries = timeout_seconds, retries
        self._known_dimension: int | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimension(self) -> int:
        """Numbers in a vector; asks the server where nothing was embedded yet."""
        if self._known_dimension is None:
            self._known_dimension = int(self._request(["dimension"]).shape[1])
        return self._known_dimension

    @property
    def notice(self) -> str:
        """Where texts go, for people."""
        return f"texts are embedded by {self._name}: articles and questions go to {self._service.address}"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed `texts`; the result has shape (len(texts), dimension), rows of length one.

        Raises a `ModelError` in one line where the server fails or its reply does not fit.
        """
        import numpy as np

        parts = [self._request(batch) for batch in _batches(texts)]
        if not parts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        if self._known_dimension is None:
            self._known_dimension = int(parts[0].shape[1])
        for part in parts:
            if part.shape[1] != self._known_dimension:
                raise self._unfit(f"vectors of {self._known_dimension} numbers became ones of {part.shape[1]}")
        return np.concatenate(parts)

    @cached_property
    def _client(self) -> Any:
        import openai

        return openai.OpenAI(base_url=self._url, api_key=self._key, max_retries=0, timeout=self._timeout_seconds)

    def _request(self, texts: Sequence[str]) -> NDArray[np.float32]:
        import numpy as np

        # An empty text is refused by OpenAI, and a space means as little.
        given = [text or " " for text in texts]
        (reply,) = call(
            lambda: [self._client.embeddings.create(model=self._model, input=given)],
            self._service,
            timeout_seconds=self._timeout_seconds,
            retries=self._retries,
        )
        rows = [item.embedding for item in sorted(reply.data, key=lambda item: item.index)]
        if len(rows) != len(given) or len({len(row) for row in rows}) != 1 or not rows[0]:
            raise self._unfit(f"{len(rows)} vectors came for {len(given)} texts, or of different lengths")
        vectors = np.asarray(rows, dtype=np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or not lengths.all():
            raise self._unfit("a vector has no length")
        normalised: NDArray[np.float32] = (vectors / lengths).astype(np.float32)
        return normalised

    def _unfit(self, what: str) -> ModelReplyError:
        return ModelReplyError(f"{self._name} gave embeddings that cannot be used: {what}")


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """The texts in order, in requests of bounded size; a longer text goes alone."""
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and (len(batch) == _MOST_TEXTS or size + len(text) > _MOST_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += len(text)
    if batch:
        yield batch
