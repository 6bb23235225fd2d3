"""Programs in files are found without being run."""

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from analysis.emotion.foreign.pickles import refusal
from tests.analysis.emotion.foreign.tiny_speechbrain import MakesAFile


def saved(value: object) -> bytes:
    """What `torch.save` writes."""
    file = io.BytesIO()
    torch.save(value, file)
    return file.getvalue()


def why(content: bytes, name: str = "model.ckpt") -> str:
    """Why such a file is refused."""
    return refusal(name, io.BytesIO(content))


def test_numbers_are_taken() -> None:
    """Law: a checkpoint with tensors of any kind, and a file that is no pickle, may be trusted."""
    kinds = (torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.bool)
    values = {str(kind): torch.zeros(2, 3).to(kind) for kind in kinds} | {"p": torch.nn.Parameter(torch.ones(1))}
    assert why(saved(values)) == ""
    assert why(saved(torch.nn.Linear(2, 2).state_dict())) == ""
    assert why(b"a: !new:os.system [x]\n", "hyperparams.yaml") == ""
    numbers = io.BytesIO()
    np.save(numbers, np.zeros(3))
    assert why(numbers.getvalue(), "mean.npy") == ""


def test_programs_are_refused_by_name(tmp_path: Path) -> None:
    """Law: a checkpoint that would run something is refused, with what it would run, and it is not run."""
    trap = tmp_path / "made"
    told = why(saved({"w": MakesAFile(trap)}))
    assert told.startswith("model.ckpt")
    assert "mkdir" in told
    assert not trap.exists()


def test_pickles_of_unknown_kind_are_refused(tmp_path: Path) -> None:
    """Law: a bare pickle, by content or by name, and objects in a numpy file are refused whatever they hold."""
    for protocol in range(6):
        assert "is a pickle" in why(pickle.dumps({"a": 1}, protocol=protocol), "scaler.pkl")
    assert "is a pickle" in why(pickle.dumps({"a": 1}), "weights.ckpt")
    old = tmp_path / "old.pt"
    torch.save({"w": torch.zeros(1)}, old, _use_new_zipfile_serialization=False)
    assert "is a pickle" in why(old.read_bytes(), "old.pt")
    objects = io.BytesIO()
    np.save(objects, np.array([{}], dtype=object), allow_pickle=True)
    assert "pickled objects" in why(objects.getvalue(), "mean.npy")


def test_what_hides_its_names_is_refused() -> None:
    """Law: a program whose calls cannot be read from its text counts as one that calls something."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Path("x"), protocol=4))
    assert "STACK_GLOBAL" in why(file.getvalue())


@given(st.binary(max_size=400))
def test_any_bytes_get_an_answer(content: bytes) -> None:
    """Law: no file ends the command that looks at it."""
    assert isinstance(why(content), str)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", content)
    assert isinstance(why(file.getvalue()), str)
