"""The network as PyTorch runs it."""

import torch

from analysis.emotion.model_files import NETWORK, PACKAGED
from analysis.emotion.network import ToneNetwork, load_onnx, tone


def shipped() -> ToneNetwork:
    """An empty network of the shape that ships."""
    return ToneNetwork(heads=2, hidden=64, plain=1)


def test_a_head_turns_shares_of_listeners_into_tone() -> None:
    """Law: anger raises both outputs, happiness activation alone, and sadness lowers activation."""
    angry, happy, sad = (tone(torch.eye(5)[at : at + 1] * 4.0)[0] for at in (0, 1, 3))
    even = tone(torch.zeros(1, 5))[0]
    assert bool((angry > even).all())
    assert float(happy[0]) > float(even[0]) > float(sad[0])
    assert float(angry[1]) > float(happy[1])


def test_a_picture_of_any_length_gives_logits_and_a_distance() -> None:
    """Law: sound is judged at its real length, from a second to eight."""
    network = shipped()
    load_onnx(network, PACKAGED / NETWORK)
    with torch.inference_mode():
        for frames in (100, 101, 800):
            logits, distance = network(torch.rand(1, 80, frames))
            assert logits.shape == (1, 2 * 2 + 1, 2)
            assert distance.shape == (1,)
            assert bool(torch.isfinite(logits).all())


def test_every_weight_comes_from_the_file() -> None:
    """Law: no weight keeps a chance value when the served file is loaded."""
    first, second = shipped(), shipped()
    for network in (first, second):
        load_onnx(network, PACKAGED / NETWORK)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
