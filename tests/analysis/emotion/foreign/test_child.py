"""One process of a foreign model, as the bridge sees it: a stand-in behaves in every bad way there is."""

from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import pytest

from analysis.emotion.foreign.child import ForeignChild, ForeignGone
from analysis.emotion.model_files import ModelRefused
from tests.analysis.emotion.foreign import fake_process
from tests.analysis.emotion.foreign.tiny_wav2vec2 import window

WAIT_S = 60.0


@pytest.fixture
def children() -> Iterator[list[ForeignChild]]:
    """Those that were started, ended at the end."""
    started: list[ForeignChild] = []
    yield started
    for child in started:
        child.end()


def test_it_is_asked_and_answers(children: list[ForeignChild]) -> None:
    """Law: labels once, then shares for each window."""
    children.append(child := ForeignChild(b"{}", fake_process.command("good")))
    assert child.labels(WAIT_S) == fake_process.LABELS
    for _ in range(3):
        np.testing.assert_allclose(child.ask(window(8.0), WAIT_S), fake_process.SHARES)


def test_who_is_not_ready_is_not_waited_for(children: list[ForeignChild]) -> None:
    """Law: a look at a process that is still loading returns at once."""
    children.append(child := ForeignChild(b"{}", fake_process.command("never ready")))
    assert child.labels() == ()
    assert child.labels(0.05) == ()


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("crashes", "hung up"),
        ("hangs", "did not answer within 0.3 s"),
        ("rubbish", "rubbish"),
        ("too many", "rubbish"),
        ("no shares", "rubbish"),
        ("other kind", "what was not asked"),
    ],
)
def test_what_cannot_be_is_a_loss(children: list[ForeignChild], way: str, said: str) -> None:
    """Law: a crash, a hang and every wrong answer end in the same: the model is gone, and it is said why."""
    children.append(child := ForeignChild(b"{}", fake_process.command(way)))
    child.labels(WAIT_S)
    with pytest.raises(ForeignGone, match=said):
        child.ask(window(), 0.3 if way == "hangs" else WAIT_S)


@pytest.mark.parametrize(("way", "said"), [("dies", "hung up"), ("silent", "ready"), ("odd labels", "labels")])
def test_who_does_not_begin_well_is_gone(children: list[ForeignChild], way: str, said: str) -> None:
    """Law: nothing is asked of a process that did not say its labels."""
    children.append(child := ForeignChild(b"{}", fake_process.command(way)))
    with pytest.raises(ForeignGone, match=said):
        child.labels(WAIT_S)


def test_a_refusal_is_told_in_its_own_words(children: list[ForeignChild]) -> None:
    """Law: why a model is not loaded reaches the admin word for word."""
    children.append(child := ForeignChild(b"{}", fake_process.command("refuses")))
    with pytest.raises(ModelRefused, match=r"^the folder is not what it was$"):
        child.labels(WAIT_S)


def test_its_last_words_are_kept() -> None:
    """Law: how it ended is told with the last line that it wrote."""
    child = ForeignChild(b"{}", fake_process.command("dies"))
    with pytest.raises(ForeignGone):
        child.labels(WAIT_S)
    assert "no memory left" in child.end()


def test_a_process_that_hangs_is_killed() -> None:
    """Law: the end is the end."""
    child = ForeignChild(b"{}", fake_process.command("never ready"))
    pid = child.pid
    assert "killed" in child.end()
    assert not Path(f"/proc/{pid}").exists()


def _environment_of(pid: int) -> list[bytes]:
    """The variables of a process that has just been started."""
    until = monotonic() + WAIT_S
    # A start is over for us when the kernel has closed the files that are not handed on. Only after that does it note
    # where the new program's variables lie: until then the file is there and empty.
    while not (told := Path(f"/proc/{pid}/environ").read_bytes()):
        assert monotonic() < until, "its variables were never there"
        sleep(0.01)
    return told.split(b"\0")


def test_our_settings_and_keys_of_hubs_are_not_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: it gets neither our variables nor a token, and PyTorch's switch for programs in checkpoints is off."""
    for name in ("OUIDIRE_PBX__ARI_USER", "HF_TOKEN", "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"):
        monkeypatch.setenv(name, "1")
    child = ForeignChild(b"{}", fake_process.command("never ready"))
    told = _environment_of(child.pid)
    child.end()
    assert not [one for one in told if one.startswith((b"OUIDIRE_", b"HF_TOKEN", b"TORCH_FORCE_NO"))]
    assert {b"TORCH_FORCE_WEIGHTS_ONLY_LOAD=1", b"HF_HUB_OFFLINE=1"} <= set(told)
