"""Checks of the running FreeSWITCH, against an event socket that answers with its bytes."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from ari_bridge.cli.checks import event_socket
from ari_bridge.pbx.freeswitch.link import NO_GATE
from ari_bridge.run.settings import Settings, load
from dialplan.freeswitch.side import MODULES, STREAM_MODULE
from dialplan.verify import Finding
from tests.ari_bridge.pbx.freeswitch.esl_server import PASSWORD, EslServer, esl_server, event, printed, replied
from tests.ari_bridge.pbx.freeswitch.gate import asked

DENIED = replied("-ERR permission denied")


TRUNKS = "profile external\nprofile internal\ngateway trunk"
PHONES = "1001 Yealink SIP-T46S 66.86.0.15\n1002 a phone"


def told(did: str, trunks: str = TRUNKS, phones: str = PHONES, found: str = "found") -> Callable[[str], bytes]:
    """How a FreeSWITCH answers that runs the gate's script: `did` to what means nothing, else `found`."""
    bodies = {"trunks": trunks, "phones": phones}

    def answer(command: str) -> bytes:
        headers = asked(command)
        body = bodies.get(headers["Ouidire-Do"])
        said = {"Ouidire-Did": did if body is None else found, "Ouidire-Ask": headers["Ouidire-Ask"]}
        return replied("+OK") + event("CUSTOM", {"Event-Subclass": "ouidire::told"} | said, (body or "").encode())

    return answer


def loaded(names: Sequence[str]) -> bytes:
    """`show modules as json`."""
    rows = [{"type": "api", "name": "one", "ikey": name, "filename": f"{name}.so"} for name in names]
    return printed(json.dumps({"row_count": len(rows), "rows": rows}))


@pytest.fixture
async def server() -> AsyncIterator[EslServer]:
    """A FreeSWITCH as it should be."""
    async with esl_server() as made:
        made.answers |= {
            "api version": printed("1.11.2\n"),
            "api show modules": loaded([*MODULES, STREAM_MODULE]),
            "api uuid_kill": DENIED,
            "api uuid_setvar": DENIED,
            "sendevent CUSTOM": told("denied"),
        }
        yield made


@pytest.fixture
def settings(settings_file: Path, tmp_path: Path, server: EslServer) -> Settings:
    """Settings that name it, and its password."""
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(f'esl_password = "{PASSWORD}"\n', encoding="utf-8")
    secrets.chmod(0o600)
    text = settings_file.read_text(encoding="utf-8")
    text = text.replace("[pbx]", f'[pbx]\nkind = "freeswitch"\nesl_port = {server.port}', 1)
    settings_file.write_text(f'{text}[media]\ntransport = "websocket"\n', encoding="utf-8")
    return load(settings_file)


def by_subject(found: Sequence[Finding]) -> dict[str, Finding]:
    """The findings by what they are of."""
    assert len({one.subject for one in found}) == len(found)
    return {one.subject: one for one in found}


async def test_all_is_well(settings: Settings) -> None:
    """Law: six lines, each ok: it lets us in, is new enough, has our modules, gives no more rights, has a gate, and
    calls come by a name of the settings.
    """
    found = await event_socket.findings(settings)
    subjects = ["ESL", "FreeSWITCH", "running modules", "rights", "gate", "trunks"]
    assert [one.subject for one in found if one.ok] == subjects
    assert not [one for one in found if not one.ok]
    assert found[-1].sentence == "outside: gateway trunk; not outside, nobody asked: profile external, profile internal"


@pytest.mark.parametrize(
    ("told_so", "words"),
    [
        (
            told("denied", trunks="profile internal\ngateway other"),
            "FreeSWITCH has profile internal, gateway other: set",
        ),
        (told("denied", trunks=""), "FreeSWITCH has none: set parties.trunks"),
        (told("denied", phones="1001 x\ntrunk y\ntrunk z"), "trunk fits the users trunk, so staff would be judged"),
        (told("denied", phones="trunk"), "fits the users trunk"),
        (told("denied", found="denied"), "does not tell gateways and profiles: run `ouidire install --freeswitch"),
    ],
)
async def test_trunks_that_fit_nothing_or_staff_are_told(
    settings: Settings, server: EslServer, told_so: Callable[[str], bytes], words: str
) -> None:
    """Law: settings by which nobody would be asked, or somebody of staff be judged, are amiss; so is an older gate."""
    server.answers["sendevent CUSTOM"] = told_so
    found = by_subject(await event_socket.findings(settings))
    assert [one.subject for one in found.values() if not one.ok] == ["trunks"]
    assert words in found["trunks"].sentence


@pytest.mark.parametrize(
    ("begin", "answer", "subject", "words"),
    [
        ("api version", printed("1.10.12\n"), "FreeSWITCH", "take 1.11.2 or newer"),
        ("api version", printed("?\n"), "FreeSWITCH", "could not be read"),
        ("api show modules", loaded([*MODULES]), "running modules", "not loaded: mod_audio_stream;"),
        ("api show modules", printed("none"), "running modules", "mod_commands, mod_db"),
        ("api uuid_kill", printed("-ERR No such channel!\n"), "rights", "may use uuid_kill, more"),
        ("api uuid_setvar", printed("+OK\n"), "rights", "may use uuid_setvar, more"),
    ],
)
async def test_what_is_amiss_is_said(
    settings: Settings, server: EslServer, begin: str, answer: bytes, subject: str, words: str
) -> None:
    """Law: an old release, a missing module and a right too many are each named, and the other lines stay ok."""
    server.answers[begin] = answer
    found = by_subject(await event_socket.findings(settings))
    assert [one.subject for one in found.values() if not one.ok] == [subject]
    assert words in found[subject].sentence


async def test_a_tap_needs_no_module_of_others(settings: Settings, server: EslServer) -> None:
    """Law: mod_audio_stream is asked for where voices come by it."""
    server.answers["api show modules"] = loaded(MODULES)
    media = settings.media.model_copy(update={"transport": "tap"})
    found = by_subject(await event_socket.findings(settings.model_copy(update={"media": media})))
    assert found["running modules"].ok


async def test_a_gate_that_is_not_hooked_is_found(
    settings: Settings, server: EslServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: no answer within the time says that FreeSWITCH was not restarted since the install."""
    monkeypatch.setattr(event_socket, "TOLD_WITHIN_S", 0.05)
    server.answers["sendevent CUSTOM"] = replied("+OK")
    assert by_subject(await event_socket.findings(settings))["gate"] == Finding("gate", ok=False, sentence=NO_GATE)


async def test_a_gate_that_lets_nonsense_through_is_found(settings: Settings, server: EslServer) -> None:
    """Law: another script behind the hook is no gate of ours."""
    server.answers["sendevent CUSTOM"] = told("forked")
    assert "not denied" in by_subject(await event_socket.findings(settings))["gate"].sentence


async def test_a_right_too_few_is_told(settings: Settings, server: EslServer) -> None:
    """Law: a user of an older install is told to install again."""
    server.answers["api version"] = DENIED
    [found] = await event_socket.findings(settings)
    assert not found.ok
    assert "may not use version" in found.sentence
    assert "ouidire install --freeswitch" in found.sentence


async def test_a_wrong_password_is_told(settings: Settings) -> None:
    """Law: the sentence names the two files to compare, and not the password."""
    secrets = settings.pbx.secrets_file
    secrets.write_text('esl_password = "wrong-and-secret"\n', encoding="utf-8")
    [found] = await event_socket.findings(settings)
    assert "compare user and password" in found.sentence
    assert "wrong-and-secret" not in found.sentence


async def test_a_freeswitch_that_is_not_there_is_told(settings: Settings) -> None:
    """Law: the sentence says what would have to run."""
    pbx = settings.pbx.model_copy(update={"esl_port": 1})
    [found] = await event_socket.findings(settings.model_copy(update={"pbx": pbx}))
    assert "does FreeSWITCH run, with mod_event_socket?" in found.sentence


async def test_without_a_password_it_is_not_asked(settings: Settings, server: EslServer) -> None:
    """Law: a secrets file that others may read is not used, not even to look."""
    settings.pbx.secrets_file.chmod(0o644)
    [found] = await event_socket.findings(settings)
    assert found.sentence.startswith("not asked")
    assert server.logins == []


async def test_it_asks_for_nothing_that_would_do_anything(settings: Settings, server: EslServer) -> None:
    """Law: what is asked to be refused names a channel that there is not, and the gate is asked for nothing."""
    await event_socket.findings(settings)
    assert server.sent("api uuid_") == ["api uuid_kill ouidire-doctor", "api uuid_setvar ouidire-doctor ouidire x"]
    assert [asked(one)["Ouidire-Do"] for one in server.sent("sendevent")] == ["nothing", "trunks", "phones"]
