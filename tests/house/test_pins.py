"""Pins: what is installed is what was tested."""

import re
import tomllib
from importlib import metadata

from tests.house.places import ROOT

PIN = re.compile(r"([A-Za-z0-9._-]+)==([A-Za-z0-9._]+)")


def canonical(name: str) -> str:
    """One spelling of a distribution's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> dict[str, str]:
    """The constraints, by canonical name."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    found = [PIN.fullmatch(line) for line in lines if line and not line.startswith("#")]
    assert all(found), "constraints.txt holds exact pins only"
    return {canonical(pin[1]): pin[2] for pin in found if pin}


def declared() -> set[str]:
    """Everything that pyproject.toml asks for, by canonical name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    for extra in project["project"]["optional-dependencies"].values():
        asked += extra
    return {canonical(re.match(r"[A-Za-z0-9._-]+", one)[0]) for one in asked} - {"ouidire"}  # type: ignore[index]


def test_every_declared_package_is_pinned() -> None:
    """Law: nothing that the project asks for is left to the day of the install."""
    assert not declared() - set(pins())


def test_torch_is_pinned_as_promised() -> None:
    """Law: the pin fits the CPU build too, which has a local version of its own."""
    assert pins()["torch"] == "2.13.0"


def test_what_is_installed_is_what_is_pinned() -> None:
    """Law: the tests run on the very versions that are pinned, whatever else is on the machine."""
    installed = {canonical(one.metadata["Name"]): one.version.partition("+")[0] for one in metadata.distributions()}
    differing = {name: (pin, installed[name]) for name, pin in pins().items() if installed.get(name, pin) != pin}
    # pip brings its own setuptools into a virtual environment before it reads any pin.
    differing.pop("setuptools", None)
    assert not differing
