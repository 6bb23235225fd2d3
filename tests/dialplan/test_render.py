"""Laws of the rendered dialplan, as far as its text shows them; tests/dialplan/live walks it on a real Asterisk."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from consent.states import KEYS, TWO_KEYS_S, Event
from dialplan import render
from dialplan.choices import EMERGENCY
from dialplan.render import CONTEXTS, RenderSettings, extensions

GOLDEN = Path(__file__).parent / "golden"


def extension(text: str, context: str, name: str) -> list[str]:
    """The steps of one extension, without their comments."""
    body = re.search(rf"^\[{context}\]$(.*?)(?=^\[|\Z)", text, re.MULTILINE | re.DOTALL)
    assert body
    found = re.search(rf"^exten => {re.escape(name)},1,(.*?)(?=^exten|\Z)", body[1], re.MULTILINE | re.DOTALL)
    assert found, name
    steps = (line.removeprefix(" same => n").strip() for line in found[1].splitlines())
    return [re.sub(r"\s+;.*$", "", step).lstrip(",") for step in steps if step and not step.startswith(";")]


def test_the_text_is_the_golden_one(settings: RenderSettings) -> None:
    """Law: no word of what a PBX runs changes unseen; a wished change is written to the golden file by hand."""
    assert extensions(settings) == (GOLDEN / "extensions.conf").read_text()


def test_every_context_is_there_and_nothing_is_left_open(settings: RenderSettings) -> None:
    """Law: all contexts, every place filled, every jump lands."""
    text = extensions(settings)
    assert tuple(sorted(re.findall(r"^\[(.+)\]$", text, re.MULTILINE))) == tuple(sorted(CONTEXTS))
    assert "@{" not in text
    for context in CONTEXTS:
        body = re.search(rf"^\[{context}\]$(.*?)(?=^\[|\Z)", text, re.MULTILINE | re.DOTALL)
        assert body
        names = set(re.findall(r"^exten => ([^,]+),1", body[1], re.MULTILINE))
        jumps = re.findall(r"(?:Goto\(|Gosub\(|\?)([a-z_-]+),1\b", body[1])
        assert set(jumps) <= names


def test_only_a_key_of_a_yes_reaches_granted(settings: RenderSettings) -> None:
    """Law: one line in the whole file records granted, and only the comparison with the key of a yes jumps there."""
    text = extensions(settings)
    assert len(re.findall(r"record,1\(granted", text)) == 1
    [yes] = [key for key, event in KEYS.items() if event is Event.YES]
    jumps = [line for line in text.splitlines() if "granted-by-key,1" in line and "exten => granted" not in line]
    assert jumps == [' same => n,GotoIf($["${READSTATUS}"="TIMEOUT"]?granted-by-key,1)'] * 2
    alone = [line for line in text.splitlines() if "-yes,1" in line and "exten" not in line]
    assert alone
    assert all(f'"${{OUIDIRE_KEY}}"="{yes}"' in line for line in alone)


def test_a_yes_is_journalled_before_it_opens_anything(settings: RenderSettings) -> None:
    """Law: the journal first, then the variable; any other answer closes first."""
    stopped, early, journal, variable, event, _ = extension(extensions(settings), "ouidire-consent", "record")
    assert stopped == 'GotoIf($["${SHARED(OUIDIRE_STOP)}"!=""]?over)'
    assert early.startswith('ExecIf($["${ARG1}"!="granted"]?Set(OUIDIRE_CONSENT=')
    assert journal.startswith("Set(DB(ouidire/")
    assert variable == "Set(OUIDIRE_CONSENT=${ARG1})"
    assert event.startswith("UserEvent(OuidireAnswer,Call: ")


def test_the_gate_reads_the_consent_after_it_is_listed(settings: RenderSettings) -> None:
    """Law: cap, lock, list, consent, lease, media: in this order, so that *9 misses no fork; the host is fixed."""
    steps = extension(extensions(settings), "ouidire-gate", "_X!")
    order = [
        next(at for at, step in enumerate(steps) if mark in step)
        for mark in ("GROUP_COUNT", "${LOCK(", "Set(SHARED(OUIDIRE_FORKS", "UNLOCK", "TIMEOUT(absolute)=8", "Dial(")
    ]
    assert order == sorted(order)
    checks = [at for at, step in enumerate(steps) if step == 'GotoIf($["${CONSENT}"!="granted"]?deny)']
    assert checks[0] < order[1]
    assert order[3] < checks[1] < order[4]
    dial = next(step for step in steps if "Dial(" in step)
    assert dial == "Dial(UnicastRTP/127.0.0.1:${PORT}/c(slin16),5,b(ouidire-nocdr,s,1))"


def test_the_gate_with_audiosocket_is_the_golden_one(settings: RenderSettings) -> None:
    """Law: with the option nothing but the gate changes, and of the gate no word unseen."""
    text = extensions(replace(settings, audiosocket_port=31000))
    golden = (GOLDEN / "gate-audiosocket.conf").read_text()
    gate = re.search(r"^\[ouidire-gate\]\n.*?(?=^\[ouidire-nocdr\])", text, re.MULTILINE | re.DOTALL)
    assert gate
    assert gate[0] == golden
    plain = re.search(r"^\[ouidire-gate\]\n.*?(?=^\[ouidire-nocdr\])", extensions(settings), re.MULTILINE | re.DOTALL)
    assert plain
    assert text.replace(gate[0], plain[0]) == extensions(settings)


def test_a_uuid_has_the_same_gate_as_a_port(settings: RenderSettings) -> None:
    """Law: both targets pass the same checks in the same order; host and port of each are fixed, and what the bridge
    says is cut down to digits.
    """
    plain = extension(extensions(settings), "ouidire-gate", "_X!")
    both = extension(extensions(replace(settings, audiosocket_port=31000)), "ouidire-gate", "_[0-9u]!")
    start, end = plain.index("Gosub(consent,1)"), next(at for at, step in enumerate(plain) if "Dial(" in step)
    first = both.index("(known),Gosub(consent,1)")
    assert both[first + 1 : first + end - start] == plain[start + 1 : end]
    assert "Set(HEX=${FILTER(0-9a-f,${EXTEN:1})})" in both
    assert "(uuid),GotoIf($[${LEN(${HEX})}!=32 | ${LEN(${EXTEN})}!=33]?deny)" in both
    dials = [step for step in both if "Dial(" in step]
    assert [step.partition("${")[0] for step in dials] == [
        "Dial(UnicastRTP/127.0.0.1:", "(socket),Dial(AudioSocket/127.0.0.1:31000/",
    ]  # fmt: skip
    assert re.findall(r"\$\{(\w+)", dials[1]) == ["HEX"] * 5


def test_without_the_option_a_uuid_is_no_extension(settings: RenderSettings) -> None:
    """Law: a gate that knows no AudioSocket leads a UUID to the denial."""
    text = extensions(settings)
    gate = text.partition("[ouidire-gate]")[2].partition("[ouidire-nocdr]")[0]
    assert "AudioSocket" not in gate
    assert re.findall(r"^exten => (_[^,]*),", gate, re.MULTILINE) == ["_X!"]


def test_a_stop_marks_first_and_kills_then(settings: RenderSettings) -> None:
    """Law: the mark, then every fork, then journal and event; nothing in it waits for the bridge."""
    steps = extension(extensions(settings), "ouidire-stop", "s")
    order = [
        next(at for at, step in enumerate(steps) if mark in step)
        for mark in ("Set(SHARED(OUIDIRE_STOP", "SHARED(OUIDIRE_FORKS", "SoftHangup(", "Set(DB(", "UserEvent(")
    ]
    assert order == sorted(order)


def test_each_identity_has_the_least_rights() -> None:
    """Law: no right to originate or to run commands; from this machine only; the pusher reads nothing."""
    text = render.manager_users("one", "two")
    assert re.findall(r"^write = (.*)$", text, re.MULTILINE) == ["call,reporting", "system"]
    assert re.findall(r"^read = ?(.*)$", text, re.MULTILINE) == ["", ""]
    assert text.count("deny = 0.0.0.0/0.0.0.0") == text.count("permit = 127.0.0.1/255.255.255.255") == 2
    assert "read_only = no" in render.ari_user("three")


def test_channel_variables_are_joined_once() -> None:
    """Law: the admin's stay, ours come once."""
    assert render.channelvars(["A", "OUIDIRE_CALL"]) == "channelvars = A,OUIDIRE_CALL,OUIDIRE_CONSENT"


def test_sections_are_added_to_or_opened() -> None:
    """Law: (+) only where Asterisk would find the section, or it refuses the whole file."""
    assert render.applicationmap(plus="(+)").count("[applicationmap](+)") == 1
    assert render.general(("a = b",), plus="") == "[general]\na = b\n"
    assert render.phones().startswith(";")


def wanted(settings: RenderSettings) -> list[str]:
    """The steps before anybody is asked."""
    return extension(extensions(settings), "ouidire-consent", "s")


def matched(settings: RenderSettings, mark: str, text: str) -> bool:
    """Whether the regular expression of the step with that mark finds a text, as Asterisk's REGEX() does."""
    step = next(step for step in wanted(settings) if mark in step)
    found = re.search(r'REGEX\("(.*?)" ', step)
    assert found
    return re.search(found[1], text) is not None


@pytest.mark.parametrize(
    ("channel", "asked"),
    [("PJSIP/trunk", True), ("PJSIP/sip.provider-7", True), ("PJSIP/1001", False), ("PJSIP/sipxprovider-7", False),
     ("PJSIP/trunk-2", False), ("SIP/trunk", False), ("Local/trunk@x", False), ("PJSIP/PJSIP/trunk", False)],
)  # fmt: skip
def test_only_channels_of_a_trunk_are_asked(settings: RenderSettings, channel: str, asked: bool) -> None:
    """Law: patterns as in parties.trunks, the whole name, and no other technology's."""
    settings = replace(settings, trunks=("trunk", "sip.provider-?"))
    assert matched(settings, "${CHANNEL(name):0:-9}", channel) is asked
    assert wanted(settings)[1].endswith("?:over)")


def test_emergency_and_listed_numbers_are_never_asked(settings: RenderSettings) -> None:
    """Law: whatever the settings say, 112 and its like; and what is listed, by who calls and by what was dialled."""
    for number in EMERGENCY:
        assert matched(settings, "112", number)
        assert matched(settings, "112", f"0{number}")
    assert not matched(settings, "112", "0612345678")
    assert not matched(settings, "112", "112112")
    listed = replace(settings, never_asked=("0800*", "44?"))
    steps = [step for step in wanted(listed) if '"^(0800.*|44.)$"' in step]
    assert len(steps) == 3
    assert all(step.endswith("?unasked)") for step in steps)


def test_hours_and_quota_come_before_the_question(settings: RenderSettings) -> None:
    """Law: out of hours and beyond the quota nobody is asked; without either there is no such step."""
    assert not [step for step in wanted(settings) if "IFTIME" in step or "RAND" in step]
    some = wanted(replace(settings, hours=("09:00-18:00,mon-fri,*,*", "*,sat,*,*,Europe/Paris"), quota_percent=5))
    at = some.index("GotoIf(${IFTIME(09:00-18:00,mon-fri,*,*?1:0)}?open)")
    assert some[at + 1 : at + 3] == ["GotoIf(${IFTIME(*,sat,*,*,Europe/Paris?1:0)}?open)", "Goto(unasked)"]
    assert "GotoIf($[${RAND(1,100)}>5]?unasked)" in some


def test_no_line_names_a_number_or_a_key_by_itself(settings: RenderSettings) -> None:
    """Law: Asterisk logs arguments as they are after evaluation, so that a number stands inside functions alone."""
    text = extensions(settings)
    assert settings.number_keys[0][0] not in text
    assert settings.number_keys[0][0] in render.numbers(settings)
    for line in text.splitlines():
        for source in ("CALLERID(num)", "DIALEDPEERNUMBER", "AST_CONFIG("):
            for found in re.finditer(re.escape(source), line):
                opened = re.findall(r"(?:SHA1|LEN|REGEX)\(", line[: found.start()])
                assert opened or line.startswith(";"), line


def test_a_key_for_numbers_that_is_missing_asks_nobody(settings: RenderSettings) -> None:
    """Law: without it the list of those who must not be asked cannot be read: nobody is asked, and it is said."""
    steps = wanted(settings)
    at = next(at for at, step in enumerate(steps) if step.endswith("?keyed)"))
    assert steps[at].count("=64") == 2
    assert steps[at + 1].startswith("Log(ERROR,")
    assert steps[at + 2] == "Goto(unasked)"


def test_two_keys_at_once_are_waited_for_after_a_yes_alone(settings: RenderSettings) -> None:
    """Law: a no is never slowed down."""
    text = extensions(settings)
    assert text.count("Read(OUIDIRE_SECOND") == 2 == text.count(f"Read(OUIDIRE_SECOND,,1,,1,{TWO_KEYS_S})")


def test_a_line_says_where_the_bridge_is_away(settings: RenderSettings) -> None:
    """Law: answered, bounded in time, then the bridge; without it a sentence and not silence."""
    steps = extension(extensions(settings), "ouidire-line", "s")
    assert steps[:2] == ["Answer()", "Set(TIMEOUT(absolute)=600)"]
    assert steps[-3:-1] == [
        "Stasis(ouidire,${ARG1})",
        'ExecIf($["${STASISSTATUS}"!="SUCCESS"]?Playback(ouidire/unavailable))',
    ]
