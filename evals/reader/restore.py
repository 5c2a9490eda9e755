"""Weights in full precision again, out of the eight bits that ship, for training to go on from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper

ZERO = 128
"""Which of the 256 steps stands for nothing in a symmetric block."""


def restored(file: Path, pretrained: Mapping[str, Any]) -> dict[str, Any]:
    """The state of the `Net` that was exported as `file`; `pretrained` is that of one fresh from MiniLM.

    Matrices come back as they are multiplied with. The embeddings have one scale for all, so coarse that
    most of them lie within a step of where MiniLM had them: each takes the value nearest to MiniLM's that is
    rounded to what ships.
    """
    graph = onnx.load(file).graph
    held = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    state = {
        name: torch.tensor(held[name]) if name in held and held[name].shape == tuple(value.shape) else value
        for name, value in pretrained.items()
    }
    for name in [name.removesuffix("_quantized") for name in held if name.endswith("_quantized")]:
        step = float(held[f"{name}_scale"])
        values = (held[f"{name}_quantized"].astype(np.float32) - float(held[f"{name}_zero_point"])) * step
        state[name] = torch.clamp(pretrained[name], torch.tensor(values - step / 2), torch.tensor(values + step / 2))
    added = {name: node for node in graph.node if node.op_type == "Add" for name in node.input}
    for node in graph.node:
        if node.op_type == "MatMulNBits":
            bias = next(name for name in added[node.output[0]].input if name in held)
            state[bias.removesuffix("bias") + "weight"] = torch.tensor(_matrix(node, held))
    return state


def _matrix(node: Any, held: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
    """What a node multiplies with, of shape (rows out, columns in)."""
    size = {item.name: item.i for item in node.attribute}
    steps = held[node.input[2]].reshape(size["N"], -1, 1)
    blocks = (held[node.input[1]].astype(np.float32) - ZERO) * steps
    return np.asarray(blocks.reshape(size["N"], -1)[:, : size["K"]], dtype=np.float32)
