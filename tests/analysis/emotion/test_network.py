"""The network as PyTorch runs it."""

import torch

from analysis.emotion.model_files import NETWORK, PACKAGED
from analysis.emotion.network import ToneNetwork, load_onnx


def test_a_picture_of_any_length_gives_logits_and_a_distance() -> None:
    """Law: sound is judged at its real length, from a second to eight."""
    network = ToneNetwork(5)
    load_onnx(network, PACKAGED / NETWORK)
    with torch.inference_mode():
        for frames in (100, 101, 800):
            logits, distance = network(torch.rand(1, 80, frames))
            assert logits.shape == (1, 5, 2)
            assert distance.shape == (1,)
            assert bool(torch.isfinite(logits).all())


def test_every_weight_comes_from_the_file() -> None:
    """Law: no weight keeps a chance value when the served file is loaded."""
    first, second = ToneNetwork(5), ToneNetwork(5)
    for network in (first, second):
        load_onnx(network, PACKAGED / NETWORK)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
