"""A small reader: how surely does each sentence of a passage answer a question?

MiniLM (Wang et al., "MiniLM", NeurIPS 2020; the weights of all-MiniLM-L6-v2) trained further as a
cross-encoder, which reads the question together with the passage. The questions that it learned
from are in `evals/gold`, what trains it is in `evals/reader`. The weights ship with the package, in eight bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import ConfigError
from rag.models.embeddings import bundled_tokenizer, cores, cpu_session
from rag.models.packing import Packer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rag.types import Passage


@cache
def load_reader() -> Reader:
    """The reader that ships; raises `ConfigError` where its files are missing."""
    return Reader(Path(__file__).parent / "reader.onnx", bundled_tokenizer())


class Reader:
    """A cross-encoder run by onnxruntime on the CPU, a passage on each core; safe to use from several threads."""

    def __init__(self, model: Path, tokenizer: Path) -> None:
        if not model.is_file():
            raise ConfigError(f"the reader's weights are missing ({model.name}): install rag again")
        self._session: Any = cpu_session(model, 1, arena=False)
        self._packer = Packer(tokenizer)
        self._pool = ThreadPoolExecutor(cores(), thread_name_prefix="rag-read")

    def read(self, question: str, passages: Sequence[Passage]) -> list[list[float]]:
        """The log-odds for each sentence of each passage that it answers `question`; higher is surer.

        Minus infinity for a sentence for which there was no room.
        """
        return list(self._pool.map(lambda passage: self._read(question, passage), passages))

    def _read(self, question: str, passage: Passage) -> list[float]:
        # By itself: in a batch what is read beside it, and the padding, would change its figures.
        row = self._packer.pack(question, passage)
        logits: NDArray[np.float32] = self._session.run(None, self._packer.batch([row]))[0][0]
        return [float(logits[start:end].mean()) if end > start else float("-inf") for start, end in row.spans]
