"""How a question and a passage become one row of tokens for the reader, in training as in use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag.types import Passage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_TOKENS = 200
"""A row that would be longer is cut: the length that the reader was trained with."""

_QUESTION_TOKENS, _TITLE_TOKENS, _SENTENCE_TOKENS = 48, 24, 120


@dataclass(frozen=True, slots=True)
class Packed:
    """One row: its tokens, where the passage begins, and the half-open span of tokens of each sentence.

    A span is empty where the row was cut before the sentence.
    """

    tokens: list[int]
    begins: int
    spans: list[tuple[int, int]]


class Packer:
    """Packs with the tokenizer in a file; safe to use from several threads."""

    def __init__(self, tokenizer: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        # An article that says "[SEP]" does not end its passage.
        self._tokenizer.encode_special_tokens = True
        known = self._tokenizer.get_vocab()
        self._first, self._between = known["[CLS]"], known["[SEP]"]

    def pack(self, question: str, passage: Passage) -> Packed:
        """The question, then the title and the sentences of the passage."""
        asked, title, *sentences = self._ids([question, passage.title, *passage.sentences])
        tokens = [self._first, *asked[:_QUESTION_TOKENS], self._between]
        begins = len(tokens)
        tokens += title[:_TITLE_TOKENS]
        spans = []
        for sentence in sentences:
            start = len(tokens)
            tokens += sentence[: min(_SENTENCE_TOKENS, max(0, MAX_TOKENS - 1 - start))]
            spans.append((start, len(tokens)))
        return Packed([*tokens, self._between], begins, spans)

    def batch(self, rows: Sequence[Packed]) -> dict[str, NDArray[np.int64]]:
        """The rows as the model's inputs, each of shape (rows, tokens of the longest)."""
        import numpy as np

        shape = len(rows), max(len(row.tokens) for row in rows)
        ids, mask, kind = (np.zeros(shape, dtype=np.int64) for _ in range(3))
        for place, row in enumerate(rows):
            ids[place, : len(row.tokens)] = row.tokens
            mask[place, : len(row.tokens)] = 1
            kind[place, row.begins : len(row.tokens)] = 1
        return {"input_ids": ids, "attention_mask": mask, "token_type_ids": kind}

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        return [found.ids for found in self._tokenizer.encode_batch(list(texts), add_special_tokens=False)]
