"""Files that run programs when they are read: none ships, and none is read as such."""

import ast
from pathlib import Path

from tests.house.places import KEPT_OUT, PACKAGES, ROOT, sources

PROGRAMS = {".bin", ".ckpt", ".dill", ".joblib", ".npz", ".pickle", ".pkl", ".pt", ".pth"}
MODELS = {".onnx", ".safetensors"}
READERS = {"load", "loads", "Unpickler"}
UNPICKLERS = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}


def calls(source: Path) -> list[ast.Call]:
    """Every call of a source file."""
    return [node for node in ast.walk(ast.parse((ROOT / source).read_text("utf-8"))) if isinstance(node, ast.Call)]


def named(call: ast.Call) -> tuple[str, str]:
    """What is called, as module and name, for calls such as `torch.load`."""
    function = call.func
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.value.id, function.attr
    return "", ""


def given(call: ast.Call, keyword: str) -> object:
    """The constant that a call gives for a keyword; None where it gives none."""
    found = [one.value for one in call.keywords if one.arg == keyword]
    return found[0].value if found and isinstance(found[0], ast.Constant) else None


def test_no_pickle_ships() -> None:
    """Law: models of ours are ONNX or safetensors; no package holds a file of a format that runs programs, nor a numpy
    file with objects in it.
    """
    files = [one for package in PACKAGES for one in (ROOT / package).rglob("*") if not KEPT_OUT & set(one.parts)]
    assert not [one for one in files if one.suffix in PROGRAMS]
    assert not [one for one in files if one.suffix == ".npy" and b"'O'" in one.read_bytes()[:200]]
    large = [one for one in files if one.is_file() and one.stat().st_size > 1_000_000]
    assert {one.suffix for one in large} <= MODELS | {".wav"}


def test_checkpoints_are_read_as_numbers() -> None:
    """Law: nothing of ours calls torch.load without weights_only=True, or numpy.load with allow_pickle."""
    found = [(source, call) for source in sources() for call in calls(source)]
    loads = [(source, call) for source, call in found if named(call) in {("torch", "load")}]
    assert loads
    assert not [source for source, call in loads if given(call, "weights_only") is not True]
    numpy_loads = [(source, call) for source, call in found if named(call) in {("np", "load"), ("numpy", "load")}]
    assert not [source for source, call in numpy_loads if given(call, "allow_pickle") not in (None, False)]


def test_nothing_is_unpickled() -> None:
    """Law: nothing of ours calls a reader of pickles, under any of their names."""
    called = {(source, named(call)) for source in sources() for call in calls(source)}
    assert not [one for one in called if one[1][0] in UNPICKLERS and one[1][1] in READERS]
    imported = {
        (source, alias.name)
        for source in sources()
        for node in ast.walk(ast.parse((ROOT / source).read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module in UNPICKLERS
        for alias in node.names
    }
    assert {name for _, name in imported} <= {"UnpicklingError"}
