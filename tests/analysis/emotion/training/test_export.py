"""From PyTorch to the file that is served."""

from pathlib import Path

import numpy as np
import onnxruntime
import torch

from analysis.emotion.network import ToneNetwork, load_onnx
from analysis.emotion.training.export import export


def test_an_exported_network_comes_back_the_same(tmp_path: Path) -> None:
    """Law: the served file gives what the network gave, and fills a network again."""
    torch.manual_seed(1)
    network = ToneNetwork(1, hidden=8, plain=1).eval()
    with torch.no_grad():
        for parameter in network.parameters():  # as after training: no two alike, which the exporter would merge
            parameter.add_(0.01 * torch.randn_like(parameter))
    export(network, tmp_path / "tone.onnx", ["logits", "distance"])
    again = ToneNetwork(1, hidden=8, plain=1)
    load_onnx(again, tmp_path / "tone.onnx")
    picture = torch.rand(1, 80, 250)
    session = onnxruntime.InferenceSession(tmp_path / "tone.onnx", providers=["CPUExecutionProvider"])
    served = session.run(["logits", "distance"], {"picture": picture.numpy()})
    with torch.inference_mode():
        for loaded in (network, again):
            logits, distance = loaded(picture)
            assert np.allclose(served[0], logits.numpy(), atol=0.05)
            assert np.allclose(served[1], distance.numpy(), atol=0.05)
