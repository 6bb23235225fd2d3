"""From the trained network to the ONNX files that the live path runs."""

import tempfile
import warnings
from pathlib import Path
from typing import Final

import onnx
import torch
from onnx import helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn

FINE: Final = ("conv1.product", "conv2.product", "blocks.0.value", "blocks.0.out", "blocks.0.narrow")
"""The products of the trunk whose rounded inputs were measured to move a probability most."""

_OPSET: Final = 17


def export(network: nn.Module, path: Path, outputs: list[str]) -> None:
    """Write a network that takes `[1, 80, frames]` as ONNX, the trunk's matrices in int8.

    Only products with the trunk's matrices are quantised, activations at run time: the weights came as int8, so
    nothing of them is lost, and fixed activation ranges were measured to cost accuracy. The products named in `FINE`
    multiply what rounding left over as well, which makes them as good as exact.
    """
    with tempfile.TemporaryDirectory() as scratch:
        whole = Path(scratch) / "float32.onnx"
        with warnings.catch_warnings():
            # The TorchScript exporter needs no further package; its successor does.
            warnings.simplefilter("ignore", DeprecationWarning)
            warnings.filterwarnings("ignore", "Constant folding")
            torch.onnx.export(
                network.eval(),
                (torch.zeros(1, 80, 400),),
                str(whole),
                dynamo=False,
                opset_version=_OPSET,
                input_names=["picture"],
                output_names=outputs,
                dynamic_axes={"picture": {2: "frames"}},
            )
        model = onnx.load(whole)
        _refine(model.graph)
        onnx.save(model, whole)
        quantize_dynamic(
            whole,
            path,
            op_types_to_quantize=["MatMul"],
            nodes_to_quantize=[node.name for node in model.graph.node if _is_trunk_product(node)],
            per_channel=True,
            weight_type=QuantType.QInt8,
            extra_options={"WeightSymmetric": True, "MatMulConstBOnly": True},
        )


def _refine(graph: onnx.GraphProto) -> None:
    """Let each product of `FINE` be `x @ w` as `round(x) @ w + (x - round(x)) @ w`, both of which become int8."""
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        nodes += _in_two_steps(node) if _is_trunk_product(node) and _is_fine(node) else [node]
    del graph.node[:]
    graph.node.extend(nodes)


def _in_two_steps(product: onnx.NodeProto) -> list[onnx.NodeProto]:
    """The nodes that stand for one product. The first rounding is the very one of the quantised product."""
    values, weight = product.input
    name = product.name
    step = [f"{name}/{part}" for part in ("rounded", "scale", "zero")]
    return [
        helper.make_node("DynamicQuantizeLinear", [values], step, f"{name}/Round"),
        helper.make_node("DequantizeLinear", step, [f"{name}/coarse"], f"{name}/Coarse"),
        helper.make_node("Sub", [values, f"{name}/coarse"], [f"{name}/rest"], f"{name}/Rest"),
        helper.make_node("MatMul", [values, weight], [f"{name}/first"], f"{name}/First"),
        helper.make_node("MatMul", [f"{name}/rest", weight], [f"{name}/second"], f"{name}/Second"),
        helper.make_node("Add", [f"{name}/first", f"{name}/second"], list(product.output), name),
    ]


def _is_trunk_product(node: onnx.NodeProto) -> bool:
    """Whether a node multiplies by one of the matrices of the trunk; heads and distances stay exact."""
    return node.op_type == "MatMul" and node.input[1].startswith("trunk.") and node.input[1].endswith(".weight")


def _is_fine(node: onnx.NodeProto) -> bool:
    return node.input[1].removeprefix("trunk.").removesuffix(".weight") in FINE
