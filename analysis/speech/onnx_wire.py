"""The constants of an ONNX file, read without the package `onnx`, which the live path does not need for anything else.

ONNX files are protocol buffers: https://protobuf.dev/programming-guides/encoding/, with the numbers of
https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. Only what holds constants is read; the rest is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from consent.errors import InvalidValue

_FLOAT: Final = 1
_DEEPEST: Final = 16
"""Graphs within graphs; Silero's has five."""
_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5


class MalformedModel(InvalidValue):
    """These bytes are no ONNX model, or one whose constants are stored in another way."""


def constants(model: bytes) -> dict[str, NDArray[np.float32]]:
    """The float32 outputs of all constant nodes by name, those of the branches of conditions too.

    Raises:
        MalformedModel: see there.
    """
    found: dict[str, NDArray[np.float32]] = {}
    for number, graph in _fields(memoryview(model)):
        if number == 7 and isinstance(graph, memoryview):  # ModelProto.graph
            found.update(_of_graph(graph, _DEEPEST))
    return found


def _of_graph(graph: memoryview, depth: int) -> Iterator[tuple[str, NDArray[np.float32]]]:
    if not depth:
        raise MalformedModel(f"more than {_DEEPEST} graphs lie within each other")
    for number, node in _fields(graph):
        if number != 1 or not isinstance(node, memoryview):  # GraphProto.node
            continue
        names: list[str] = []
        for part, value in _fields(node):
            if part == 2 and isinstance(value, memoryview):  # NodeProto.output
                names.append(bytes(value).decode("utf-8", "replace"))
            elif part == 5 and isinstance(value, memoryview):  # NodeProto.attribute, which comes after
                yield from _of_attribute(value, names, depth)


def _of_attribute(attribute: memoryview, names: list[str], depth: int) -> Iterator[tuple[str, NDArray[np.float32]]]:
    for number, value in _fields(attribute):
        if number == 6 and isinstance(value, memoryview):  # AttributeProto.g
            yield from _of_graph(value, depth - 1)
        elif number == 5 and isinstance(value, memoryview) and names:  # AttributeProto.t
            array = _array(value)
            if array is not None:
                yield names[0], array


def _array(tensor: memoryview) -> NDArray[np.float32] | None:
    """A TensorProto; None for another type than float32, or where its data is not raw."""
    shape: list[int] = []
    kind, raw = 0, memoryview(b"")
    for number, value in _fields(tensor):
        if number == 1:  # dims, one by one or packed
            shape += [value] if isinstance(value, int) else list(_packed(value))
        elif number == 2 and isinstance(value, int):  # data_type
            kind = value
        elif number == 9 and isinstance(value, memoryview):  # raw_data
            raw = value
    if kind != _FLOAT or not raw:
        return None
    count = 1
    for length in shape:
        count *= length
    if 4 * count != len(raw):
        raise MalformedModel(f"a tensor of shape {shape} has {len(raw)} bytes")
    return np.frombuffer(raw, "<f4").astype(np.float32).reshape(shape)


def _packed(values: memoryview) -> Iterator[int]:
    at = 0
    while at < len(values):
        value, at = _varint(values, at)
        yield value


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of each field: an int for a varint, the bytes for everything else."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            length, at = _varint(message, at)
        elif kind in (_FIXED_64, _FIXED_32):
            length = 8 if kind == _FIXED_64 else 4
        else:
            raise MalformedModel(f"a field of kind {kind}")
        if at + length > len(message):
            raise MalformedModel("a field ends after its message")
        yield key >> 3, message[at : at + length]
        at += length


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message) and shift < 64:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if byte < 0x80:
            return value, at
    raise MalformedModel("a number does not end")
