"""Checks of the running PBX: what is concluded from its answers. tests/.../test_doctor.py asks a real one."""

from pathlib import Path

import pytest

from ari_bridge.calls.roles import Roles
from ari_bridge.cli.checks import pbx
from ari_bridge.run.settings import Settings, load


async def test_a_pbx_that_is_not_there_is_told_for_each_user(settings_file: Path) -> None:
    """Law: nothing answers, and each line says what would have to run."""
    found = await pbx.findings(load(settings_file))
    assert [(one.subject, one.ok) for one in found] == [("ARI", False), ("AMI", False), ("AMI for phones", False)]
    assert all("enabled = yes" in one.sentence for one in found)


async def test_without_passwords_the_pbx_is_not_asked(settings_file: Path) -> None:
    """Law: a secrets file that others may read is not used, not even to look."""
    settings = load(settings_file)
    settings.pbx.secrets_file.chmod(0o644)
    assert [one.sentence[:9] for one in await pbx.findings(settings)] == ["not asked"]


@pytest.mark.parametrize(
    ("names", "ok", "words"),
    [
        (["trunk", "1001"], True, "outside: trunk; staff: all others, 1 in number"),
        (["1001", "1002"], False, "no endpoint matches trunk"),
        ([], False, "none at all"),
        (["trunk"], False, "every endpoint matches"),
    ],
)
def test_trunks_are_compared_with_the_endpoints(names: list[str], ok: bool, words: str) -> None:
    """Law: patterns that match nobody, or everybody, are told: nobody asked, or staff judged."""
    found = pbx.trunks(Roles(("trunk",)), names)
    assert found.ok is ok
    assert words in found.sentence


@pytest.mark.parametrize(
    ("allowed", "ok", "words"),
    [
        ({"setvar", "getvar", "dbgettree", "ping"}, True, "no more rights"),
        ({"getvar", "ping"}, False, "dbgettree, setvar"),
        ({"setvar", "getvar", "dbgettree", "originate"}, False, "more than it needs"),
        ({"setvar", "getvar", "dbgettree", "command"}, False, "more than it needs"),
    ],
)
def test_rights_are_just_enough(allowed: set[str], ok: bool, words: str) -> None:
    """Law: too few rights and rights that amount to a shell are both told."""
    found = pbx.judged("AMI", "ouidire", allowed, pbx.LISTENER_ACTIONS, "write=call,reporting")
    assert found.ok is ok
    assert words in found.sentence


def test_every_module_that_the_dialplan_uses_is_asked_for() -> None:
    """Law: a gate without its lease, its list of forks or its lock is no gate: doctor asks the running PBX for each."""
    needed = {"func_timeout.so", "func_global.so", "func_lock.so", "func_db.so", "app_stack.so", "app_chanspy.so"}
    assert needed <= set(pbx.MODULES)


def test_modules_that_do_not_run_are_named() -> None:
    """Law: each missing module is named."""
    assert pbx.modules([]).ok
    assert "chan_rtp.so" in pbx.modules(["chan_rtp.so"]).sentence


def test_audiosocket_is_asked_for_where_it_is_chosen() -> None:
    """Law: a PBX without AudioSocket is told of before the first call, with the way out; with RTP nobody asks."""
    chosen = Settings.model_validate({"media": {"transport": "audiosocket"}})
    assert {"chan_audiosocket.so", "res_audiosocket.so"} <= set(pbx.wanted_modules(chosen))
    assert not {"chan_audiosocket.so", "res_audiosocket.so"} & set(pbx.wanted_modules(Settings()))
    sentence = pbx.modules(["chan_audiosocket.so"]).sentence
    assert 'media.transport = "rtp"' in sentence
    assert "transport" not in pbx.modules(["chan_rtp.so"]).sentence


@pytest.mark.parametrize("answer", [None, [], {}, "x", [1, {"resource": 7}, {"resource": ""}]])
def test_odd_answers_name_no_endpoint_or_what_they_can(answer: object) -> None:
    """Law: an answer of another form is no crash."""
    assert set(pbx.endpoint_names(answer)) <= {"7"}


def test_screens_are_needed_where_any_phone_has_one() -> None:
    """Law: phones without screens ask for no right to push."""
    assert not pbx.has_screens(Settings())
    assert pbx.has_screens(Settings.model_validate({"screens": {"families": {"1001": "cisco"}}}))
