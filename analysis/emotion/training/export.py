"""From the trained network to the ONNX files that the live path runs."""

import tempfile
import warnings
from pathlib import Path
from typing import Final

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn

_OPSET: Final = 17


def export(network: nn.Module, path: Path, outputs: list[str]) -> None:
    """Write a network that takes `[1, 80, frames]` as ONNX, the trunk's matrices in int8.

    Only products with the trunk's matrices are quantised, activations at run time: the weights came as int8, so
    nothing of them is lost, and fixed activation ranges were measured to cost accuracy.
    """
    with tempfile.TemporaryDirectory() as scratch:
        whole = Path(scratch) / "float32.onnx"
        with warnings.catch_warnings():
            # The TorchScript exporter needs no further package; its successor does.
            warnings.simplefilter("ignore", DeprecationWarning)
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
        products = [node.name for node in onnx.load(whole).graph.node if _is_trunk_product(node)]
        quantize_dynamic(
            whole,
            path,
            op_types_to_quantize=["MatMul"],
            nodes_to_quantize=products,
            per_channel=True,
            weight_type=QuantType.QInt8,
            extra_options={"WeightSymmetric": True, "MatMulConstBOnly": True},
        )


def _is_trunk_product(node: onnx.NodeProto) -> bool:
    """Whether a node multiplies by one of the matrices of the trunk's blocks; heads and distances stay exact."""
    return node.op_type == "MatMul" and "blocks." in node.input[1] and node.input[1].endswith(".weight")
