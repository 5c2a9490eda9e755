"""Sentence splitting beside that of others, on hard passages of news.

    python -m evals.splitters

Ours, and of pysbd, syntok, nupunkt, blingfire and spaCy's sentencizer those that are installed
(`pip install pysbd syntok nupunkt blingfire spacy`), on the 120 passages of `tests/text/sentences`: our rules were made
with 60 of them, the other 60 are held out. A passage is right when every sentence is, in either of the two ways in
which its author lets a quotation of several sentences be split.
"""

from __future__ import annotations

import importlib.util
import json
import time
from collections.abc import Callable
from typing import Any

from evals.data import ROOT
from rag.text.sentences import split_sentences

GOLD = ROOT / "tests" / "text" / "sentences"

Split = Callable[[str], list[str]]


def ours() -> Split:
    """This package."""
    return lambda text: [text[start:end] for start, end in split_sentences(text)]


def pysbd() -> Split:
    """The rules of pySBD, not cleaning, so that offsets hold."""
    from pysbd import Segmenter

    segmenter = Segmenter(language="en", clean=False)
    return lambda text: list(segmenter.segment(text))


def syntok() -> Split:
    """The segmenter of syntok, each sentence from its first token to its last."""
    from syntok.segmenter import analyze

    def split(text: str) -> list[str]:
        found = (sentence for paragraph in analyze(text) for sentence in paragraph)
        return [text[tokens[0].offset : tokens[-1].offset + len(tokens[-1].value)] for tokens in found]

    return split


def nupunkt() -> Split:
    """nupunkt with its own default model."""
    from nupunkt import sent_spans

    return lambda text: [text[start:end] for start, end in sent_spans(text)]


def blingfire() -> Split:
    """The default model of BlingFire."""
    from blingfire import text_to_sentences

    return lambda text: str(text_to_sentences(text)).split("\n")


def spacy() -> Split:
    """The rule-based sentencizer, which needs no model."""
    from spacy.lang.en import English

    nlp = English()
    nlp.add_pipe("sentencizer")
    return lambda text: [sentence.text for sentence in nlp(text).sents]


OTHERS: tuple[Callable[[], Split], ...] = (pysbd, syntok, nupunkt, blingfire, spacy)


def main() -> None:
    """Print how many passages each splits right, and how fast it is."""
    files = {name: _passages(name) for name in ("dev", "held_out")}
    there = [other for other in OTHERS if importlib.util.find_spec(other.__name__)]
    for make in (ours, *there):
        split = make()
        right = {name: sum(_is_right(split, passage) for passage in passages) for name, passages in files.items()}
        text = "\n\n".join(passage["text"] for passages in files.values() for passage in passages) * 5
        began = time.perf_counter()
        split(text)
        speed = len(text) / 1e6 / (time.perf_counter() - began)
        counts = ", ".join(f"{name} {right[name]} of {len(files[name])}" for name in files)
        print(f"{make.__name__}: {counts}; {speed:.1f} million characters a second")


def _passages(name: str) -> list[dict[str, Any]]:
    lines = (GOLD / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _is_right(split: Split, passage: dict[str, Any]) -> bool:
    found = [sentence.strip() for sentence in split(passage["text"])]
    return found in (passage["sentences"], passage.get("sentences_alt"))


if __name__ == "__main__":
    main()
