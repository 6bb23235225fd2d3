"""Laws of the generated passwords."""

import tomllib
from pathlib import Path

from dialplan import render
from dialplan.passwords import (
    SECRETS_HEADER,
    bridge_esl_password,
    esl_password,
    esl_secrets_toml,
    other_passwords,
    read_passwords,
    secrets_toml,
)


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


def test_freeswitch_has_one_password_that_is_kept(tmp_path: Path) -> None:
    """Law: the PBX's own goes first, then the bridge's; neither is taken where a renderer could not carry it."""
    secrets = tmp_path / "secrets.toml"
    first = esl_password(None, secrets)
    assert len(first) == 32
    assert first != esl_password(None, secrets)
    secrets.write_bytes(esl_secrets_toml(first))
    assert secrets.read_bytes().startswith(SECRETS_HEADER)
    assert bridge_esl_password(secrets) == first == esl_password(None, secrets)
    assert esl_password("p" * 16, secrets) == "p" * 16
    for unfit in ("short", 'quoted"quoted"quoted', "p" * 129):
        assert esl_password(unfit, secrets) == first


def test_passwords_of_another_pbx_are_noticed(tmp_path: Path) -> None:
    """Law: their names are told, so that nobody writes over them."""
    secrets = tmp_path / "secrets.toml"
    secrets.write_bytes(esl_secrets_toml("p" * 16))
    assert other_passwords(secrets) == ()
    secrets.write_bytes(secrets_toml(read_passwords(tmp_path, tmp_path / "absent.toml")))
    assert other_passwords(secrets) == ("ari_password", "ami_password", "phones_password")
    assert bridge_esl_password(secrets) == ""
