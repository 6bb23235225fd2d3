"""Silero's network as what it is at heart: seven products of matrices for all voices at once.

ONNX Runtime runs its convolutions over four to six positions one voice after the other, and needs almost three times as
long as the same sums as products over the whole batch (benchmarks/vad.py shows both). The weights are read from the
very file that ONNX Runtime would run. The answers differ from its own in the fifth digit; `silero.network_of` compares
them before it takes these.

The network (silero-vad 6, its 16 kHz branch): a short-time Fourier transform of four frames, its magnitudes, four
convolutions with ReLU, an LSTM, and one weighted sum.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from analysis.audio import Pcm32
from analysis.speech.detector import Chances
from analysis.speech.onnx_wire import constants
from consent.errors import InvalidValue

_MOST: Final = 100
"""Voices in one product: with more nothing gets faster, and what lies between would not fit the cache."""
_SAMPLES: Final = 576
_PADDED: Final = 640
_FRAMES, _FRAME, _HOP, _BINS = 4, 256, 128, 129
_WIDE, _NARROW, _MEMORY = 128, 64, 128
_BRANCH: Final = "If_0_then_branch__Inline_0__"
"""Of the names of what the file holds for 16 kHz."""
_SHAPES: Final = {
    "stft.forward_basis_buffer": (2 * _BINS, 1, _FRAME),
    "encoder.0.reparam_conv.weight": (_WIDE, _BINS, 3),
    "encoder.1.reparam_conv.weight": (_NARROW, _WIDE, 3),
    "encoder.2.reparam_conv.weight": (_NARROW, _NARROW, 3),
    "encoder.3.reparam_conv.weight": (_MEMORY, _NARROW, 3),
    "encoder.0.reparam_conv.bias": (_WIDE,),
    "encoder.1.reparam_conv.bias": (_NARROW,),
    "encoder.2.reparam_conv.bias": (_NARROW,),
    "encoder.3.reparam_conv.bias": (_MEMORY,),
    "decoder.rnn.weight_ih": (4 * _MEMORY, _MEMORY),
    "decoder.rnn.weight_hh": (4 * _MEMORY, _MEMORY),
    "decoder.rnn.bias_ih": (4 * _MEMORY,),
    "decoder.rnn.bias_hh": (4 * _MEMORY,),
    "decoder.decoder.2.weight": (1, _MEMORY, 1),
    "decoder.decoder.2.bias": (1,),
}

Array = NDArray[np.float32]


class MatrixNetwork:
    """See `VoiceNetwork`. Not for two threads at once: what lies between the products is kept from run to run.

    Raises:
        InvalidValue: the bytes are no ONNX model, or not one of this network.
    """

    def __init__(self, model: bytes) -> None:
        held = constants(model)
        weights = {name: held.get(_BRANCH + name, np.empty(0, np.float32)) for name in _SHAPES}
        if any(weights[name].shape != shape for name, shape in _SHAPES.items()):
            raise InvalidValue("the model's weights are not those of the network that is known here")
        conv = [weights[f"encoder.{layer}.reparam_conv.weight"] for layer in range(4)]
        self._biases = [weights[f"encoder.{layer}.reparam_conv.bias"] for layer in range(4)]
        self._basis = np.ascontiguousarray(weights["stft.forward_basis_buffer"][:, 0].T)
        # Of the last two layers' taps the others lie on padding alone: they hear two positions, and one.
        taps = ((0, 1, 2), (0, 1, 2), (1, 2), (1,))
        self._convs = [
            np.concatenate([layer[:, :, tap].T for tap in used]) for layer, used in zip(conv, taps, strict=True)
        ]
        both = (weights["decoder.rnn.weight_ih"], weights["decoder.rnn.weight_hh"])
        self._lstm = np.ascontiguousarray(np.concatenate(both, axis=1).T)
        self._lstm_bias = weights["decoder.rnn.bias_ih"] + weights["decoder.rnn.bias_hh"]
        self._answer = np.ascontiguousarray(weights["decoder.decoder.2.weight"][0, :, 0])
        self._answer_bias = weights["decoder.decoder.2.bias"]
        self._between = _Between(_MOST)

    def run(self, batch: Pcm32, states: Pcm32) -> tuple[Chances, Pcm32]:
        """Likelihoods and states; see `VoiceNetwork.run`."""
        chances = np.empty(len(batch), np.float32)
        after = np.empty((2, len(batch), _MEMORY), np.float32)
        parts = -(-len(batch) // _MOST)
        for part in range(parts):
            rows = slice(len(batch) * part // parts, len(batch) * (part + 1) // parts)
            self._hear(batch[rows], states[:, rows], chances[rows], after[:, rows])
        return chances, after

    def _hear(self, batch: Pcm32, states: Pcm32, chances: Chances, after: Array) -> None:
        count = len(batch)
        self._between.lstm_in[:count, _MEMORY:] = states[0]
        self._encode(batch, count)
        self._remember(states[1], after, count)
        np.matmul(np.maximum(after[0], 0), self._answer, out=chances)
        chances += self._answer_bias
        _sigmoid(chances)

    def _encode(self, batch: Pcm32, count: int) -> None:
        """From samples to the first half of what the LSTM takes."""
        at = self._between
        at.padded[:count, :_SAMPLES] = batch
        at.padded[:count, _SAMPLES:] = batch[:, _SAMPLES - 2 : _SAMPLES - 2 - (_PADDED - _SAMPLES) : -1]  # reflected
        at.frames[:count] = at.frames_in[:count]
        spectrum = at.spectrum[: count * _FRAMES]
        np.matmul(at.frames[:count].reshape(-1, _FRAME), self._basis, out=spectrum)
        at.padded[:count] = 0.0  # no voice stays here until the next one comes
        at.frames[:count] = 0.0
        np.square(spectrum, out=spectrum)
        power = at.power[: count * _FRAMES]
        np.add(spectrum[:, :_BINS], spectrum[:, _BINS:], out=power)
        np.sqrt(power.reshape(count, _FRAMES, _BINS), out=at.magnitudes[:count, 1 : 1 + _FRAMES])

        at.first[:count] = at.first_in[:count]
        first = at.first_out[: count * _FRAMES]
        np.matmul(at.first[:count].reshape(-1, 3 * _BINS), self._convs[0], out=first)
        first += self._biases[0]
        np.maximum(first.reshape(count, _FRAMES, _WIDE), 0, out=at.wide[:count, 1:])

        at.second[:count] = at.second_in[:count]
        second = at.second[:count].reshape(-1, 3 * _WIDE) @ self._convs[1]
        second += self._biases[1]
        np.maximum(second, 0, out=second)
        third = second.reshape(count, 2 * _NARROW) @ self._convs[2]
        third += self._biases[2]
        np.maximum(third, 0, out=third)
        fourth = third @ self._convs[3]
        fourth += self._biases[3]
        np.maximum(fourth, 0, out=at.lstm_in[:count, :_MEMORY])

    def _remember(self, cells: Pcm32, after: Array, count: int) -> None:
        """The LSTM's step: what it remembers now into `after`, shape (2, count, 128)."""
        gates = self._between.gates[:count]  # input, forget, cell, output
        np.matmul(self._between.lstm_in[:count], self._lstm, out=gates)
        gates += self._lstm_bias
        _sigmoid(gates[:, : 2 * _MEMORY])
        candidate = gates[:, 2 * _MEMORY : 3 * _MEMORY]
        np.tanh(candidate, out=candidate)
        _sigmoid(gates[:, 3 * _MEMORY :])
        np.multiply(gates[:, _MEMORY : 2 * _MEMORY], cells, out=after[1])
        candidate *= gates[:, :_MEMORY]
        after[1] += candidate
        np.tanh(after[1], out=after[0])
        after[0] *= gates[:, 3 * _MEMORY :]


class _Between:
    """What lies between the products, for up to so many voices; the `_in` are views of it as the next product wants it.

    The first and the last position of `magnitudes`, and the first of `wide`, are the convolutions' padding: always 0.
    """

    def __init__(self, rows: int) -> None:
        self.padded = np.zeros((rows, _PADDED), np.float32)
        self.frames = np.zeros((rows, _FRAMES, _FRAME), np.float32)
        self.frames_in = _windows(self.padded, _FRAMES, _FRAME, _HOP)
        self.spectrum = np.zeros((rows * _FRAMES, 2 * _BINS), np.float32)
        self.power = np.zeros((rows * _FRAMES, _BINS), np.float32)
        self.magnitudes = np.zeros((rows, _FRAMES + 2, _BINS), np.float32)
        self.first = np.zeros((rows, _FRAMES, 3 * _BINS), np.float32)
        self.first_in = _windows(self.magnitudes.reshape(rows, -1), _FRAMES, 3 * _BINS, _BINS)
        self.first_out = np.zeros((rows * _FRAMES, _WIDE), np.float32)
        self.wide = np.zeros((rows, _FRAMES + 1, _WIDE), np.float32)
        self.second = np.zeros((rows, _FRAMES // 2, 3 * _WIDE), np.float32)
        self.second_in = _windows(self.wide.reshape(rows, -1), _FRAMES // 2, 3 * _WIDE, 2 * _WIDE)
        self.lstm_in = np.zeros((rows, 2 * _MEMORY), np.float32)
        self.gates = np.zeros((rows, 4 * _MEMORY), np.float32)


def _windows(rows: Array, count: int, length: int, hop: int) -> Array:
    """Of each row so many windows, `hop` apart, as a view."""
    step = rows.itemsize
    return as_strided(rows, (len(rows), count, length), (rows.shape[1] * step, hop * step, step))


def _sigmoid(values: Array) -> None:
    """In place. Of -90 and less the exponential is infinite in float32, and the answer 0, as it should be."""
    np.negative(values, out=values)
    with np.errstate(over="ignore"):
        np.exp(values, out=values)
    values += 1
    np.reciprocal(values, out=values)
