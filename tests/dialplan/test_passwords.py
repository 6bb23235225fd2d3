"""Laws of the generated passwords."""

import tomllib
from pathlib import Path

from dialplan import render
from dialplan.passwords import read_passwords, secrets_toml


def test_new_ones_differ_and_are_not_printed(tmp_path: Path) -> None:
    """Law: three passwords of 192 bits, none of which a log can show by accident."""
    passwords = read_passwords(tmp_path, tmp_path / "secrets.toml")
    every = {passwords.ari, passwords.ami, passwords.phones}
    assert len(every) == 3
    assert all(len(one) == 32 for one in every)
    assert not any(one in repr(passwords) for one in every)
    assert tomllib.loads(secrets_toml(passwords).decode()) == {
        "ari_password": passwords.ari,
        "ami_password": passwords.ami,
        "phones_password": passwords.phones,
    }


def test_those_of_the_pbx_are_kept_then_those_of_the_bridge(tmp_path: Path) -> None:
    """Law: an install again does not lock the running bridge out; a lost half is restored from the other."""
    own, bridge = tmp_path / "ouidire", tmp_path / "secrets.toml"
    bridge.write_bytes(b'ari_password = "b1"\nami_password = "b2"\nphones_password = 3\n')
    first = read_passwords(tmp_path, bridge)
    assert (first.ari, first.ami) == ("b1", "b2")
    assert len(first.phones) == 32
    own.mkdir()
    (own / "ari.conf").write_text(render.ari_user("p1"))
    (own / "manager.conf").write_text(render.manager_users("p2", "p3"))
    second = read_passwords(tmp_path, bridge)
    assert (second.ari, second.ami, second.phones) == ("p1", "p2", "p3")


def test_a_broken_file_of_the_bridge_is_not_in_the_way(tmp_path: Path) -> None:
    """Law: rubbish yields new passwords, not an error."""
    (tmp_path / "secrets.toml").write_bytes(b"\xff = ")
    assert len(read_passwords(tmp_path, tmp_path / "secrets.toml").ari) == 32
