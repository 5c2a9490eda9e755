"""Writes a trained network as the file that ships."""

from __future__ import annotations

from pathlib import Path

import torch

from evals.reader.net import Net

BLOCK, INT8_ACTIVATIONS = 32, 4


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
