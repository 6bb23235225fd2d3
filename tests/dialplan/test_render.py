"""Laws of the rendered dialplan, as far as its text shows them; tests/dialplan/live walks it on a real Asterisk."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.errors import InvalidValue
from consent.states import KEY_TIMEOUT_S, KEYS, PROMPTS, TABLE, Answer, Event, State
from dialplan import render
from dialplan.render import CONTEXTS, NoticeLine, RenderSettings, extensions

GOLDEN = Path(__file__).parent / "golden"
ID = "0123456789abcdef"


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
        jumps = re.findall(r"(?:Goto\(|Gosub\(|\?)([a-z_-]+),1", body[1])
        assert {jump for jump in jumps if not jump.startswith("in-$")} <= names


@pytest.mark.parametrize("state", [state for state, row in TABLE.items() if row[Event.YES].answer is Answer.GRANTED])
def test_a_state_that_asks_follows_the_table(settings: RenderSettings, state: State) -> None:
    """Law: each key, silence and every other key lead where the table says."""
    steps = extension(extensions(settings), "ouidire-consent", state)
    assert steps[0] == f"Read(OUIDIRE_KEY,,1,,1,{KEY_TIMEOUT_S})"
    targets = [re.search(r"([a-z_-]+),1\)?$", step)[1] for step in steps[1:]]  # type: ignore[index]
    events = [Event.SILENCE, *KEYS.values(), Event.OTHER_KEY]
    for event, target in zip(events, targets, strict=True):
        step = TABLE[state][event]
        assert target == (f"{step.answer}-by-{step.why}" if step.answer else step.state)


@pytest.mark.parametrize("state", [State.ANNOUNCING, State.REMINDING])
def test_a_prompt_is_played_to_its_end_or_nothing_is_asked(settings: RenderSettings, state: State) -> None:
    """Law: Playback, which lets no key through; where it fails the answer is a no."""
    play, failed, _ = extension(extensions(settings), "ouidire-consent", state)
    assert play == f"Playback(ouidire/{PROMPTS[state]})"
    assert failed.endswith("?refused-by-notice,1)")


def test_only_a_key_of_a_yes_reaches_granted(settings: RenderSettings) -> None:
    """Law: one line in the whole file records granted, and only the comparison with the key of a yes jumps there."""
    text = extensions(settings)
    assert len(re.findall(r"record,1\(granted", text)) == 1
    [yes] = [key for key, event in KEYS.items() if event is Event.YES]
    jumps = [line for line in text.splitlines() if "granted-by-key,1" in line and "exten =>" not in line]
    assert jumps
    assert all(f'"${{OUIDIRE_KEY}}"="{yes}"' in line for line in jumps)


def test_a_yes_is_journalled_before_it_opens_anything(settings: RenderSettings) -> None:
    """Law: the journal first, then the variable; any other answer closes first."""
    early, journal, variable, event, _ = extension(extensions(settings), "ouidire-consent", "record")
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


def test_a_stop_marks_first_and_kills_then(settings: RenderSettings) -> None:
    """Law: the mark, then every fork, then journal and event; nothing in it waits for the bridge."""
    steps = extension(extensions(settings), "ouidire-stop", "s")
    order = [
        next(at for at, step in enumerate(steps) if mark in step)
        for mark in ("Set(SHARED(OUIDIRE_STOP", "SHARED(OUIDIRE_FORKS", "SoftHangup(", "Set(DB(", "UserEvent(")
    ]
    assert order == sorted(order)


def test_the_stop_keys_change_what_the_table_says(settings: RenderSettings) -> None:
    """Law: the caller withdraws (also after an objection), the agent objects, nobody undoes a withdrawal."""
    changes = re.findall(r'"\$\{ARG2\}-\$\{was\}"="(\w+)-(\w+)"\]\?Set\(LOCAL\(answer\)=(\w+)\)', extensions(settings))
    assert changes == [
        ("caller", "granted", "withdrawn"),
        ("caller", "objected", "withdrawn"),
        ("agent", "granted", "objected"),
    ]


def test_each_identity_has_the_least_rights() -> None:
    """Law: no right to originate or to run commands; from this machine only; the pusher reads nothing."""
    text = render.manager_users("one", "two")
    assert re.findall(r"^write = (.*)$", text, re.MULTILINE) == ["call,reporting", "system"]
    assert re.findall(r"^read = ?(.*)$", text, re.MULTILINE) == ["call,dtmf,user,agent", ""]
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


@pytest.mark.parametrize(
    "changed",
    [
        {"notices": ()},
        {"notices": (NoticeLine("en", ID), NoticeLine("en", ID))},
        {"notices": (NoticeLine("en)", ID),)},
        {"notices": (NoticeLine("en", "x"),)},
        {"bridge_host": "example.org"},
        {"bridge_host": "127.0.0.1:1)"},
        {"lease_s": 1},
        {"max_forks": 0},
        {"max_forks_per_call": 51},
    ],
)
def test_settings_that_cannot_be_are_refused(changed: dict[str, object]) -> None:
    """Law: values are valid at birth, so that nothing foreign is rendered into a dialplan."""
    with pytest.raises(InvalidValue):
        RenderSettings(**({"notices": (NoticeLine("en", ID),)} | changed))  # type: ignore[arg-type]


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_text_gets_into_the_dialplan_unchecked(language: str, host: str) -> None:
    """Law: whatever a settings file says, the rendered file has the same lines but for a plain value."""
    try:
        settings = RenderSettings((NoticeLine(language, ID),), bridge_host=host)
    except InvalidValue:
        return
    assert re.fullmatch(r"[a-z]{2,3}", language)
    assert re.fullmatch(r"[0-9.]+", host)
    assert settings.notices
