"""The real process with real models, tiny ones: what it loads, what it refuses, what it cannot reach."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from analysis.emotion.foreign.host import ForeignHost
from analysis.emotion.foreign.order import ForeignKind, Order
from analysis.emotion.foreign.speechbrain_classifier import SpeechBrainClassifier
from analysis.emotion.foreign.wav2vec2_iemocap import Wav2vec2Iemocap
from analysis.emotion.model_files import ModelRefused
from tests.analysis.emotion.foreign import tiny_speechbrain, tiny_wav2vec2
from tests.analysis.emotion.foreign.tiny_speechbrain import confirmed
from tests.analysis.emotion.model_copies import flip_bit


@contextlib.contextmanager
def hosted(kind: ForeignKind, folder: Path) -> Iterator[ForeignHost]:
    """The model of a folder, confirmed as it is when this begins, started."""
    host = ForeignHost(Order(kind, confirmed(folder)), answer_s=60.0)
    try:
        host.start()
        yield host
    finally:
        host.stop()


def refused(kind: ForeignKind, folder: Path) -> str:
    """Why the process refuses a folder that was confirmed as it is."""
    with pytest.raises(ModelRefused) as caught, hosted(kind, folder):
        pass
    return str(caught.value)


def test_both_kinds_say_there_what_they_say_here(tmp_path: Path) -> None:
    """Law: where a model runs changes nothing; shares of labels come back, one a label, and nothing else; and the
    process has no open door: neither file, nor socket, nor memory left on disk.
    """
    sb, iemocap = tiny_speechbrain.write(tmp_path / "sb"), tiny_wav2vec2.write(tmp_path / "iemocap")
    for kind, folder, here in (
        ("speechbrain", sb, SpeechBrainClassifier(sb)),
        ("wav2vec2-iemocap", iemocap, Wav2vec2Iemocap(iemocap)),
    ):
        with hosted(kind, folder) as host:  # type: ignore[arg-type]
            assert host.labels == tuple(here.labels) == ("neu", "ang", "hap", "sad")
            for seconds in (1.0, 2.5, 8.0):
                there = host.ask(tiny_wav2vec2.window(seconds))
                assert there.shape == (len(host.labels),)
                np.testing.assert_allclose(there, here.shares(tiny_wav2vec2.window(seconds)), atol=1e-5)
            limits = Path(f"/proc/{host.pid}/limits").read_text().splitlines()
            assert next(line for line in limits if line.startswith("Max open files")).split()[3:5] == ["0", "0"]
            assert Path(f"/proc/{host.pid}/comm").read_text().strip() == "ouidire-tone"


def test_what_was_changed_since_is_refused_by_name(tmp_path: Path) -> None:
    """Law: one flipped bit after the confirmation, and nothing of the folder is built."""
    folder = tiny_speechbrain.write(tmp_path / "sb")
    order = Order("speechbrain", confirmed(folder))
    flip_bit(folder / "embedding_model.ckpt")
    host = ForeignHost(order)
    with pytest.raises(ModelRefused, match=r"embedding_model\.ckpt is not the file that was trusted"):
        host.start()
    assert host.pid is None


@pytest.fixture
def visits() -> Iterator[tuple[int, list[object]]]:
    """The port of a listener on loopback, and who came."""
    came: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        is_over = threading.Event()

        def watch() -> None:
            while not is_over.is_set():
                with contextlib.suppress(TimeoutError):
                    came.append(listener.accept())

        watcher = threading.Thread(target=watch)
        watcher.start()
        yield listener.getsockname()[1], came
        is_over.set()
        watcher.join()


def test_a_recipe_reaches_no_network(tmp_path: Path, visits: tuple[int, list[object]]) -> None:
    """Law: a recipe that calls out, even to this very machine, is refused, and nobody is reached."""
    port, came = visits
    folder = tiny_speechbrain.write(tmp_path / "sb")
    recipe = folder / "hyperparams.yaml"
    call = f"call: !apply:socket.create_connection [[127.0.0.1, {port}]]\n"
    recipe.write_text(call + recipe.read_text(encoding="utf-8"), encoding="utf-8")
    told = refused("speechbrain", folder)
    assert "hyperparams.yaml cannot be built" in told
    assert "no network" in told
    assert not came


def test_a_recipe_that_asks_for_programs_gets_numbers(tmp_path: Path) -> None:
    """Law: even a recipe that says `weights_only: false` does not unpickle a program."""
    folder, trap = tiny_speechbrain.write(tmp_path / "sb"), tmp_path / "made"
    torch.save({"w": tiny_speechbrain.MakesAFile(trap)}, folder / "more.ckpt")
    recipe = folder / "hyperparams.yaml"
    load = "more: !apply:torch.load\n  f: !ref <pretrained_path>/more.ckpt\n  weights_only: false\n"
    recipe.write_text(recipe.read_text(encoding="utf-8") + load, encoding="utf-8")
    assert "hyperparams.yaml cannot be built" in refused("speechbrain", folder)
    assert not trap.exists()
