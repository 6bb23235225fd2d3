"""Text of the Asterisk configuration, from the table of consent and the settings: nothing here reads or writes a file
but the package's own templates.

The dialogue is rendered state by state from `consent.states.TABLE`, so that the PBX and `consent.dialogue` cannot come
to say different things.
"""

import ipaddress
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from consent.errors import InvalidValue
from consent.states import (
    KEY_TIMEOUT_S,
    KEYS,
    PROMPTS,
    STOP_KEYS,
    STOP_KEYS_GAP_S,
    TABLE,
    Answer,
    Event,
    State,
    Step,
    Why,
)

CONTEXTS: Final = (
    "ouidire-consent",
    "ouidire-gate",
    "ouidire-nocdr",
    "ouidire-withdraw",
    "ouidire-tell",
    "ouidire-whisper",
    "ouidire-stop",
)
"""Every dialplan context that is ours."""
FEATURE_NAME: Final = "ouidire-withdraw"
CHANNEL_VARIABLES: Final = ("OUIDIRE_CONSENT", "OUIDIRE_CALL")
"""What ARI must show with every channel, so that a bridge that comes back knows the calls again."""
ARI_USER: Final = "ouidire"
AMI_LISTENER: Final = "ouidire"
AMI_PUSHER: Final = "ouidire-phones"

_ASKED = Step(State.ANNOUNCING, Answer.ASKED, Why.NOTICE)
_UNPLAYED = Step(State.REFUSED, Answer.REFUSED, Why.NOTICE)
"""A prompt that could not be played was not heard, and what was not heard is no consent."""


class NoticeLine(NamedTuple):
    """A language in which the question is asked, and the id of its notice."""

    language: str
    notice_id: str


@dataclass(frozen=True, slots=True)
class RenderSettings:
    """What an install may choose; the first notice's language serves callers of any other language.

    Defaults: a lease is long against a renewal each third of it and short against a minute of a killed bridge's calls;
    100 forks are 50 calls, which Asterisk carries on two thirds of a core.

    Raises:
        InvalidValue: a host that is no IPv4 address, an empty or double language, a number out of its range.
    """

    notices: tuple[NoticeLine, ...]
    bridge_host: str = "127.0.0.1"
    lease_s: int = 8
    max_forks: int = 60
    max_forks_per_call: int = 50

    def __post_init__(self) -> None:
        try:
            ipaddress.IPv4Address(self.bridge_host)
        except ValueError as error:
            raise InvalidValue(f"bridge_host must be an IPv4 address: {self.bridge_host!r}") from error
        languages = [notice.language for notice in self.notices]
        if not languages or len(set(languages)) != len(languages):
            raise InvalidValue("notices must name at least one language, each once")
        for notice in self.notices:
            if not re.fullmatch(r"[a-z]{2,3}", notice.language) or not re.fullmatch(r"[0-9a-f]{16}", notice.notice_id):
                raise InvalidValue(f"not a language and a notice id: {notice!r}")
        # Asterisk cuts a value at about 4 kB, some 80 names of forks: beyond it *9 would miss the oldest.
        for name, low, high in (("lease_s", 2, 300), ("max_forks", 1, 10_000), ("max_forks_per_call", 2, 50)):
            if not low <= getattr(self, name) <= high:
                raise InvalidValue(f"{name} must lie between {low} and {high}, not {getattr(self, name)}")


@cache
def _template(name: str) -> str:
    return (files("dialplan") / "asterisk" / name).read_text(encoding="utf-8")


def _filled(name: str, **values: object) -> str:
    # Not string.Template: the dollar sign belongs to Asterisk, and a bare at sign stands in its GROUP() names.
    return re.sub(r"@\{([a-z_]+)\}", lambda found: str(values[found.group(1)]), _template(name))


def extensions(settings: RenderSettings) -> str:
    """Every context, as one file for extensions.conf to include."""
    return _filled(
        "extensions.conf",
        languages="\n".join(_languages(settings.notices)),
        default_language=settings.notices[0].language,
        asked=_arguments(_ASKED),
        hung_up=_arguments(TABLE[State.ANNOUNCING][Event.HANGUP]),
        states="\n".join(_dialogue()),
        stops="\n".join(_stops()),
        stop_why=Why.STOP_KEYS,
        stopped_prompt=PROMPTS[State.WITHDRAWN],
        stop_gap_ms=round(STOP_KEYS_GAP_S * 1000),
        bridge_host=settings.bridge_host,
        lease_s=settings.lease_s,
        max_forks=settings.max_forks,
        max_forks_per_call=settings.max_forks_per_call,
    )


def applicationmap(*, plus: str) -> str:
    """The feature code of a withdrawal; `plus` is "(+)" where the section already exists, else empty."""
    return _filled("features.conf", plus=plus, stop_keys=STOP_KEYS)


def general(lines: Sequence[str], *, plus: str) -> str:
    """Lines for a [general] section; `plus` as in `applicationmap`."""
    return _filled("general.conf", plus=plus, lines="\n".join(lines))


def channelvars(existing: Sequence[str]) -> str:
    """One line for ari.conf that keeps the variables that are already shown and adds ours."""
    names = [*existing, *(name for name in CHANNEL_VARIABLES if name not in existing)]
    return f"channelvars = {','.join(names)}"


def ari_user(password: str) -> str:
    """The bridge's ARI user, as one file for ari.conf to include."""
    return _filled("ari_user.conf", user=ARI_USER, password=password)


def phones() -> str:
    """The little that res_pjsip_notify needs to load, where pjsip_notify.conf is missing."""
    return _filled("phones.conf")


def manager_users(listener_password: str, pusher_password: str) -> str:
    """The two AMI users, as one file for manager.conf to include."""
    return _filled(
        "manager_users.conf",
        listener=AMI_LISTENER,
        listener_password=listener_password,
        pusher=AMI_PUSHER,
        pusher_password=pusher_password,
    )


def _languages(notices: Sequence[NoticeLine]) -> Iterator[str]:
    for notice in notices:
        yield f"exten => in-{notice.language},1,Set(OUIDIRE_LANGUAGE={notice.language})"
        yield f" same => n,Set(OUIDIRE_NOTICE={notice.notice_id})"
        yield " same => n,Goto(ask,1)"
        yield ""


def _dialogue() -> Iterator[str]:
    """Every state that the dialplan itself runs, then every recorded step once."""
    recorded: dict[str, Step] = {_name(_UNPLAYED): _UNPLAYED}
    for state, row in TABLE.items():
        if Event.PROMPT_ENDED in row and row[Event.PROMPT_ENDED].state is not state:
            yield from _announce(state, row)
        elif any(row[event].state is not state for event in KEYS.values()):
            yield from _await_key(state, row)
        else:
            continue
        yield ""
        for step in (row[event] for event in (Event.PROMPT_ENDED, *KEYS.values(), Event.OTHER_KEY, Event.SILENCE)):
            if step.answer is not None:
                recorded[_name(step)] = step
    for name, step in recorded.items():
        yield f"exten => {name},1,Gosub(record,1({_arguments(step)}))"
        if step.answer is Answer.GRANTED:
            yield " same => n,Gosub(after-granted,1)"
        yield f" same => n,Playback(ouidire/{PROMPTS[step.state]})"
        yield " same => n,Goto(done,1)"
        yield ""


def _announce(state: State, row: dict[Event, Step]) -> Iterator[str]:
    # Playback throws keys away while it plays, so that none pressed before its end can count.
    yield f"exten => {state},1,Playback(ouidire/{PROMPTS[state]})"
    yield f' same => n,GotoIf($["${{PLAYBACKSTATUS}}"!="SUCCESS"]?{_name(_UNPLAYED)},1)'
    yield f" same => n,Goto({_name(row[Event.PROMPT_ENDED])},1)"


def _await_key(state: State, row: dict[Event, Step]) -> Iterator[str]:
    yield f"exten => {state},1,Read(OUIDIRE_KEY,,1,,1,{KEY_TIMEOUT_S})"
    # TIMEOUT is silence; ERROR, INTERRUPTED and the rest are no answer either.
    yield f' same => n,GotoIf($["${{READSTATUS}}"!="OK"]?{_name(row[Event.SILENCE])},1)'
    for key, event in KEYS.items():
        yield f' same => n,GotoIf($["${{OUIDIRE_KEY}}"="{key}"]?{_name(row[event])},1)'
    yield f" same => n,Goto({_name(row[Event.OTHER_KEY])},1)"


def _stops() -> Iterator[str]:
    """What the stop keys change, by who pressed and by the answer that stood until then."""
    for who, event in (("caller", Event.CALLER_STOPS), ("agent", Event.AGENT_STOPS)):
        for was in (Answer.GRANTED, Answer.OBJECTED):
            answer = TABLE[State(was.value)][event].answer
            if answer is not None:
                yield f' same => n,ExecIf($["${{ARG2}}-${{was}}"="{who}-{was}"]?Set(LOCAL(answer)={answer}))'


def _name(step: Step) -> str:
    return str(step.state) if step.answer is None else f"{step.answer}-by-{step.why}"


def _arguments(step: Step) -> str:
    return f"{step.answer},{step.why}"
