"""Laws of what is already there."""

import pytest

from dialplan.existing import conflicts, is_yes, notes, read_existing
from dialplan.layout import FREEPBX, PLAIN
from tests.dialplan.conftest import PLAIN as FILES
from tests.dialplan.conftest import Site


def test_an_ordinary_pbx_has_no_conflicts(plain: Site) -> None:
    """Law: other feature codes, users and variables are left in peace, and known."""
    existing = read_existing(plain.etc)
    assert list(conflicts(existing, PLAIN)) == []
    assert list(notes(existing)) == []
    assert existing.channelvars == ("ACCOUNT", "DEPT")
    assert existing.sounds_dir == plain.root / "data" / "sounds"


@pytest.mark.parametrize(
    ("file", "added", "told"),
    [
        ("features.conf", "\nother => *9,self,NoOp\n", "features.conf:6: `other => *9,self,NoOp`"),
        ("features.conf", "\nlong => *98,self,NoOp\n", "*98"),
        ("features.conf", "\nshort => *\n", "short => *"),
        ("features.conf", "\ngroup => *8,self,NoOp\n", "takes the keys *8"),
        ("features.conf", "\nouidire-spoken => 77,self,NoOp\n", "rename it"),
        ("features.conf", "\nouidire-withdraw => 77,self,NoOp\n", "rename it"),
        ("ari.conf", "[ouidire]\ntype=user\n", "already an ARI user"),
        ("manager.conf", "[ouidire]\nsecret=x\n", "already an AMI user"),
        ("manager.conf", "[Ouidire-Phones]\nsecret=x\n", "already an AMI user"),
        ("extensions.conf", "[ouidire-gate]\n", "already a context"),
        ("http.conf", "enabled=no\n", "http.conf:4: enabled = no"),
        ("manager.conf", "[general](+)\nenabled=no\n", "set `enabled = yes`"),
        ("ari.conf", "[general](+)\nenabled=no\n", "starts forks"),
    ],
)
def test_each_conflict_is_named_with_its_place(plain: Site, file: str, added: str, told: str) -> None:
    """Law: what we would break, or what would break us, is told with file, line and remedy."""
    plain.write({file: FILES[file] + added})
    [conflict] = conflicts(read_existing(plain.etc), PLAIN)
    assert told in conflict.sentence
    assert file in conflict.sentence


def test_a_custom_file_that_freepbx_does_not_read_is_a_conflict(freepbx: Site) -> None:
    """Law: nothing is written where Asterisk would never look."""
    assert list(conflicts(read_existing(freepbx.etc), FREEPBX)) == []
    freepbx.edit("ari.conf", "#include ari_general_custom.conf\n", "")
    [conflict] = conflicts(read_existing(freepbx.etc), FREEPBX)
    assert "does not include ari_general_custom.conf" in conflict.sentence


def test_an_open_door_and_a_rival_of_the_stop_keys_are_noted(plain: Site) -> None:
    """Law: an address that is open to the network is told, never changed; so is Asterisk's default hang-up key."""
    plain.edit("http.conf", "bindaddr=127.0.0.1", "bindaddr=0.0.0.0")
    plain.edit("features.conf", "disconnect => **", "")
    door, key = notes(read_existing(plain.etc))
    assert "http.conf listens on 0.0.0.0" in door
    assert "disconnect => **" in key


def test_yes_is_what_asterisk_takes_for_true() -> None:
    """Law: its six words (main/utils.c, ast_true), nothing else."""
    assert all(is_yes(word) for word in ("yes", "True", "1", "on", "y", "t"))
    assert not any(is_yes(word) for word in ("", "no", "enabled", "2"))
