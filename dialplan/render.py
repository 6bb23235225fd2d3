"""Text of the Asterisk configuration, from the table of consent and the settings: nothing here reads or writes a file
but the package's own templates.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Final

from consent.states import PROMPTS, STOP_KEYS, STOP_KEYS_GAP_S, TABLE, Event, State, Why
from dialplan import steps
from dialplan.choices import EMERGENCY, NoticeLine, RenderSettings

__all__ = ["NoticeLine", "RenderSettings"]

CONTEXTS: Final = (
    "ouidire-consent",
    "ouidire-outgoing",
    "ouidire-gate",
    "ouidire-nocdr",
    "ouidire-withdraw",
    "ouidire-tell",
    "ouidire-whisper",
    "ouidire-stop",
    "ouidire-contest",
    "ouidire-contest-ask",
    "ouidire-contest-tell",
    "ouidire-pair",
    "ouidire-told",
    "ouidire-rights",
    "ouidire-staff",
    "ouidire-line",
    "ouidire-quiet",
)
"""Every dialplan context that is ours."""
SPOKEN_KEYS: Final = "*8"
"""Pressed by an agent whose caller says that it shall stop."""
CONTEST_KEYS: Final = "*7"
"""Pressed twice by an agent who holds the score on the screen to be wrong."""
CONTEST_AGAIN_S: Final = 15
"""How long after the first time the second one counts: as long as the same question stands on a desk phone."""
PAIRING_DIGITS: Final = 6
"""The digits of a code by which a telephone and a page are made one agent's."""
FEATURES: Final = {"ouidire-withdraw": STOP_KEYS, "ouidire-spoken": SPOKEN_KEYS, "ouidire-contest": CONTEST_KEYS}
"""Our feature codes, by name."""
CHANNEL_VARIABLES: Final = ("OUIDIRE_CONSENT", "OUIDIRE_CALL")
"""What ARI must show with every channel, so that a bridge that comes back knows the calls again."""
ARI_USER: Final = "ouidire"
ARI_APPLICATION: Final = "ouidire"
AMI_LISTENER: Final = "ouidire"
AMI_PUSHER: Final = "ouidire-phones"
NUMBERS_FILE: Final = "ouidire/numbers.conf"
"""Where the keys for numbers lie, as Asterisk's AST_CONFIG() names it."""
LINE_S: Final = 600
"""The longest call to one of our lines."""
REFERENCE_WAITS: Final = 15
"""Tenths of a second in which the bridge must have named the recording of a reference."""
REFERENCE_REPEATS: Final = 3
TOLD_WAITS: Final = 15
"""Tenths of a second in which the bridge must have answered a contest or a code."""

_PORT_CHECKED: Final = """\
 same => n,GotoIf($[${PORT}<1024 | ${PORT}>65535]?deny)
 same => n,Gosub(consent,1)"""
_PORT_OR_UUID_CHECKED: Final = """\
 same => n,Set(HEX=${FILTER(0-9a-f,${EXTEN:1})})                 ; u and the 32 digits of a UUID: a leg by AudioSocket
 same => n,GotoIf($["${EXTEN:0:1}"="u"]?uuid)
 same => n,GotoIf($[${PORT}<1024 | ${PORT}>65535]?deny:known)
 same => n(uuid),GotoIf($[${LEN(${HEX})}!=32 | ${LEN(${EXTEN})}!=33]?deny)
 same => n(known),Gosub(consent,1)"""
_DIAL: Final = "Dial({}/c(slin16),5,b(ouidire-nocdr,s,1))"
_UUID: Final = "-".join(f"${{HEX:{start}:{size}}}" for start, size in ((0, 8), (8, 4), (12, 4), (16, 4), (20, 12)))

_GENERATIONS: Final = ("newest", "previous")
_NONCE: Final = "${RAND(100000000,999999999)}${RAND(100000000,999999999)}"
# Keys and numbers stand inside functions only: Asterisk logs the arguments of each line as they are after evaluation.
_CALLERS_NUMBER: Final = "${FILTER(0-9+,${CALLERID(num)})}"
_NUMBER: Final = (
    f'${{IF($["${{OUIDIRE_FAR}}"="1"]?${{FILTER(0-9+,${{CUT(DIALEDPEERNUMBER,@,1)}})}}:{_CALLERS_NUMBER})}}'
)
"""The number of who is asked: of the caller, or on a call to the outside the one that was dialled."""


@cache
def _template(name: str) -> str:
    return (files("dialplan") / "asterisk" / name).read_text(encoding="utf-8")


def _filled(name: str, **values: object) -> str:
    # Not string.Template: the dollar sign belongs to Asterisk, and a bare at sign stands in its GROUP() names.
    return re.sub(r"@\{([a-z_]+)\}", lambda found: str(values[found.group(1)]), _template(name))


def extensions(settings: RenderSettings) -> str:
    """Every context, as one file for extensions.conf to include."""
    return "\n".join((_template("head.conf"), _consent(settings), _gate(settings), _stop(), _codes(settings), _lines()))


def numbers(settings: RenderSettings) -> str:
    """The keys for numbers, as a file of their own that nobody but Asterisk reads."""
    named = zip(_GENERATIONS, settings.number_keys, strict=False)
    sections = (f"[{name}]\ninner_secret = {inner}\nouter_secret = {outer}" for name, (inner, outer) in named)
    return _filled("numbers.conf", sections="\n".join(sections))


def applicationmap(*, plus: str) -> str:
    """The feature codes; `plus` is "(+)" where the section already exists, else empty."""
    keys = {"stop_keys": STOP_KEYS, "spoken_keys": SPOKEN_KEYS, "contest_keys": CONTEST_KEYS}
    return _filled("features.conf", plus=plus, **keys)


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


def _consent(settings: RenderSettings) -> str:
    noticed = (PROMPTS[State.ANNOUNCING], *((steps.RECORDED,) if settings.mentions_recording else ()))
    return _filled(
        "consent.conf",
        trunks=alternatives(settings.trunks),
        conditions="\n".join(_conditions(settings)),
        number=_NUMBER,
        inner=_key("inner", 0),
        outer=_key("outer", 0),
        quiet=_hashed(_NUMBER, 0),
        was_quiet=_hashed(_NUMBER, 1),
        nonce=_NONCE,
        tag=_hashed("${nonce}" + _NUMBER, 0),
        languages="\n".join(steps.languages(settings.notices)),
        default_language=settings.notices[0].language.lower(),
        asked=steps.arguments(steps.ASKED),
        hung_up=steps.arguments(TABLE[State.ANNOUNCING][Event.HANGUP]),
        states="\n".join(steps.dialogue(noticed)),
        features="#".join(FEATURES),
        stop_gap_ms=round(STOP_KEYS_GAP_S * 1000),
        stop_keys=STOP_KEYS,
        stop_why=Why.STOP_KEYS,
        stopped_prompt=PROMPTS[State.WITHDRAWN],
        reference_waits=REFERENCE_WAITS,
        reference_repeats=REFERENCE_REPEATS,
    )


def _gate(settings: RenderSettings) -> str:
    """Where a voice goes is written out here, host and all: what the bridge names is a port or a UUID alone."""
    host, socket_port = settings.bridge_host, settings.audiosocket_port
    dials = [f" same => n,{_DIAL.format(f'UnicastRTP/{host}:${{PORT}}')}"]
    if socket_port is not None:
        dials.insert(0, ' same => n,GotoIf($["${EXTEN:0:1}"="u"]?socket)')
        dials.append(" same => n,Hangup()")
        dials.append(f" same => n(socket),{_DIAL.format(f'AudioSocket/{host}:{socket_port}/{_UUID}')}")
    return _filled(
        "gate.conf",
        targets="_X!" if socket_port is None else "_[0-9u]!",
        target_checked=_PORT_CHECKED if socket_port is None else _PORT_OR_UUID_CHECKED,
        dials="\n".join(dials),
        lease_s=settings.lease_s,
        max_forks=settings.max_forks,
        max_forks_per_call=settings.max_forks_per_call,
    )


def _stop() -> str:
    return _filled(
        "stop.conf",
        stops="\n".join(steps.stops()),
        stop_why=Why.STOP_KEYS,
        spoken_why=Why.SPOKEN,
        stopped_prompt=PROMPTS[State.WITHDRAWN],
    )


def _codes(settings: RenderSettings) -> str:
    """The contest by keys, and the code that pairs a telephone with a page."""
    return _filled(
        "contest.conf",
        trunks=alternatives(settings.trunks),
        again_s=CONTEST_AGAIN_S,
        digits="X" * PAIRING_DIGITS,
        told_waits=TOLD_WAITS,
    )


def _lines() -> str:
    return _filled(
        "lines.conf",
        app=ARI_APPLICATION,
        line_s=LINE_S,
        number=_CALLERS_NUMBER,
        quiet=_hashed(_CALLERS_NUMBER, 0),
        inner=_key("inner", 0),
        outer=_key("outer", 0),
    )


def _conditions(settings: RenderSettings) -> Iterator[str]:
    """Who is asked at all, when, and how many of them."""
    never = alternatives(settings.never_asked)
    if never:
        for dialled in ("${STACK_PEEK(1,e,1)}", "${CALLERID(dnid)}", _NUMBER):
            yield f' same => n,GotoIf(${{REGEX("^({never})$" {dialled})}}?unasked)'
    yield f' same => n,GotoIf(${{REGEX("^[09]?({alternatives(EMERGENCY)})$" {_NUMBER})}}?unasked)'
    if settings.hours:
        for spec in settings.hours:
            yield f" same => n,GotoIf(${{IFTIME({spec}?1:0)}}?open)"
        yield " same => n,Goto(unasked)"
        yield " same => n(open),NoOp()"
    if settings.quota_percent < 100:
        yield f" same => n,GotoIf($[${{RAND(1,100)}}>{settings.quota_percent}]?unasked)"


def alternatives(patterns: Sequence[str]) -> str:
    """Shell patterns as the branches of a regular expression."""
    return "|".join(re.sub(r"[.+]", r"[\g<0>]", one).replace("*", ".*").replace("?", ".") for one in patterns)


def _key(which: str, generation: int) -> str:
    return f"AST_CONFIG({NUMBERS_FILE},{_GENERATIONS[generation]},{which}_secret)"


def _hashed(text: str, generation: int) -> str:
    """NMAC over SHA-1, as `consent.keys.NumberKey` computes it."""
    inner, outer = _key("inner", generation), _key("outer", generation)
    return f"${{SHA1(${{{outer}}}${{SHA1(${{{inner}}}{text})}})}}"
