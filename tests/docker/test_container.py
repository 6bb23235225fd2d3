"""The container's files, as far as they can be judged without building them (`make docker-check` builds)."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ari_bridge.cli.parser import parser
from ari_bridge.run.settings import every_setting
from tests.docker import dockerfile
from tests.house.places import PACKAGES, ROOT

DOCKER = ROOT / "docker"


FILES = {"compose.yaml": "asterisk", "compose.freeswitch.yaml": "freeswitch"}
"""Each compose file, and its service that is the PBX."""


@pytest.fixture(params=FILES)
def name(request: pytest.FixtureRequest) -> str:
    """One of the compose files."""
    return str(request.param)


@pytest.fixture
def compose(name: str) -> dict[str, Any]:
    """What it says."""
    return dict(yaml.safe_load((DOCKER / name).read_text(encoding="utf-8")))


def test_the_compose_file_fits_the_published_schema(name: str) -> None:
    """Law: each compose file is valid under the Compose Specification's own schema, as check-jsonschema ships it."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    ran = subprocess.run([*command, str(DOCKER / name)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_schema_would_refuse_a_mistake(tmp_path: Path) -> None:
    """Law: the check is one: a misspelt key does not pass."""
    broken = (DOCKER / "compose.yaml").read_text(encoding="utf-8").replace("read_only: true", "readonly: true")
    (tmp_path / "compose.yaml").write_text(broken, encoding="utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    ran = subprocess.run([*command, str(tmp_path / "compose.yaml")], capture_output=True, text=True, check=False)
    assert ran.returncode == 1


def test_the_bridge_is_locked_in(name: str, compose: dict[str, Any]) -> None:
    """Law: read-only root, no capability, no new privileges, loopback of the PBX, and three volumes that it may write:
    the keys are not in the database's."""
    bridge = compose["services"]["bridge"]
    assert bridge["read_only"] is True
    assert bridge["cap_drop"] == ["ALL"]
    assert bridge["security_opt"] == ["no-new-privileges:true"]
    assert bridge["network_mode"] == f"service:{FILES[name]}"
    assert [one for one in bridge["volumes"] if not one.endswith(":ro")] == [
        "ouidire:/var/lib/ouidire",
        "ouidire-keys:/var/lib/ouidire-keys",
        "ouidire-say:/var/lib/ouidire-say",
    ]


def test_variables_in_the_compose_file_are_settings(compose: dict[str, Any]) -> None:
    """Law: no variable there is one that nobody reads; and what the PBX holds too is the same in `setup`."""
    known = {one.variable for one in every_setting()}
    for service in compose["services"].values():
        assert set(service.get("environment", {})) <= known
    bridge, setup = (compose["services"][one]["environment"] for one in ("bridge", "setup"))
    assert bridge["OUIDIRE_MEDIA__MAX_FORKS"] == setup["OUIDIRE_MEDIA__MAX_FORKS"]


def test_the_containers_commands_are_real(compose: dict[str, Any]) -> None:
    """Law: entry point and commands are command lines that the program takes."""
    instructions = dict(dockerfile.read(DOCKER / "Dockerfile"))
    assert dockerfile.words(instructions["ENTRYPOINT"]) == ["ouidire"]
    assert parser().parse_args(dockerfile.words(instructions["CMD"])).run
    assert parser().parse_args(compose["services"]["setup"]["entrypoint"][1:]).run


def test_no_freeswitch_is_fetched_or_built() -> None:
    """Law: the FreeSWITCH is the admin's own image, which must be named."""
    text = (DOCKER / "compose.freeswitch.yaml").read_text(encoding="utf-8")
    pbx = yaml.safe_load(text)["services"]["freeswitch"]
    assert pbx["image"].startswith("${FREESWITCH_IMAGE:?")
    assert "build" not in pbx


def test_the_image_is_not_root_and_holds_every_package() -> None:
    """Law: a numeric user that is not root, volumes for all that it writes, all packages of the distribution copied."""
    found = dockerfile.read(DOCKER / "Dockerfile")
    instructions = dict(found)
    assert instructions["USER"] == "8480:8480"
    folders = ["/var/lib/ouidire", "/var/lib/ouidire-keys", "/var/lib/ouidire-say"]
    assert dockerfile.words(instructions["VOLUME"]) == folders
    copied = {one.rest.split()[0] for one in found if one.word == "COPY"}
    assert set(PACKAGES) <= copied


@pytest.mark.parametrize("dockerfile_name", ["Dockerfile", "asterisk.Dockerfile"])
def test_what_is_not_copied_is_not_sent(dockerfile_name: str) -> None:
    """Law: .dockerignore lets through exactly what is copied."""
    allowed = {
        line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")
    }
    text = (DOCKER / dockerfile_name).read_text(encoding="utf-8")
    copied = {word for line in text.splitlines() if line.startswith("COPY ") for word in line.split()[1:-1]}
    assert copied <= allowed
    assert all((ROOT / one).exists() for one in copied)
