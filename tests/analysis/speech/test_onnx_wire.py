"""What is read of an ONNX file."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.speech.onnx_wire import MalformedModel, constants
from analysis.speech.silero import model_path


def test_the_weights_are_found_as_the_package_onnx_finds_them() -> None:
    """Every float32 constant of Silero's file, those within its branches too, of the same shape and values."""
    onnx = pytest.importorskip("onnx")
    wanted: dict[str, np.ndarray] = {}

    def walk(graph: object) -> None:
        for node in graph.node:  # type: ignore[attr-defined]
            for attribute in node.attribute:
                if attribute.type == onnx.AttributeProto.GRAPH:
                    walk(attribute.g)
                elif attribute.type == onnx.AttributeProto.TENSOR and attribute.t.data_type == onnx.TensorProto.FLOAT:
                    wanted[node.output[0]] = onnx.numpy_helper.to_array(attribute.t)

    walk(onnx.load(model_path()).graph)
    found = constants(model_path().read_bytes())
    assert found.keys() == wanted.keys()
    assert len(found) > 20
    for name, array in wanted.items():
        np.testing.assert_array_equal(found[name], array)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(model: bytes) -> None:
    """Nothing but MalformedModel ever comes of bytes that are no model."""
    try:
        constants(model)
    except MalformedModel:
        return


@given(st.integers(0, 40_000), st.integers(0, 255))
def test_a_broken_model_is_read_or_refused(at: int, value: int) -> None:
    """One wrong byte near the head of the real file: an array more or less, or MalformedModel."""
    model = bytearray(model_path().read_bytes()[:60_000])
    model[at] = value
    try:
        constants(bytes(model))
    except MalformedModel:
        return


def nested(depth: int) -> bytes:
    """Graphs within graphs, and nothing else."""
    graph = b""
    for _ in range(depth):
        for number in (6, 5, 1):  # attribute.g, node.attribute, graph.node
            graph = bytes([number << 3 | 2]) + length(len(graph)) + graph
    return b"\x3a" + length(len(graph)) + graph


def length(value: int) -> bytes:
    """A varint."""
    return bytes([value & 0x7F | 0x80, value >> 7 & 0x7F | 0x80, value >> 14])


def test_graphs_without_end_are_refused() -> None:
    """A file cannot exhaust the stack."""
    assert constants(nested(10)) == {}
    with pytest.raises(MalformedModel):
        constants(nested(1_000))
