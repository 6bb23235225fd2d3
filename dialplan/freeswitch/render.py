"""Text of the FreeSWITCH configuration, from the table of consent and the settings: nothing here reads or writes a file
but the package's own scripts.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as Tree

from consent.states import PROMPTS, TABLE, Answer, Event, State
from dialplan.choices import EMERGENCY
from dialplan.freeswitch import dialogue, hours, lines, outgoing
from dialplan.freeswitch.choices import FreeSwitchSettings
from dialplan.freeswitch.dialogue import CONTEXT, Condition, Extension
from dialplan.render import REFERENCE_REPEATS, REFERENCE_WAITS, alternatives
from dialplan.steps import RECORDED

DIALPLAN: Final = "dialplan/ouidire.xml"
DIRECTORY: Final = "directory/ouidire.xml"
GATE: Final = "ouidire/gate.lua"
STOP: Final = "ouidire/stop.lua"
REFERENCE: Final = "ouidire/reference.lua"
SOUNDS: Final = "ouidire/sounds"
ESL_USER: Final = "ouidire"
ESL_DOMAIN: Final = "ouidire.invalid"
"""A name that no network can have (RFC 2606): nobody registers a phone there."""
EVENTS: Final = (
    "CHANNEL_ANSWER", "CHANNEL_BRIDGE", "CHANNEL_UNBRIDGE", "CHANNEL_HOLD", "CHANNEL_UNHOLD", "CHANNEL_HANGUP_COMPLETE",
    "HEARTBEAT",
)  # fmt: skip
"""What the bridge may hear of."""
SUBCLASSES: Final = (
    "ouidire::consent", "ouidire::told", lines.SUBCLASS,
    "mod_audio_stream::connect", "mod_audio_stream::error", "mod_audio_stream::disconnect",
)  # fmt: skip
APIS: Final = ("uuid_getvar", "uuid_dump", "show", "db", "sofia_contact", "version")
"""What the bridge may ask. None of it changes a call; a voice is opened by the gate's script alone."""
BUFFER_MS: Final = {"websocket": 100, "tap": 300}
"""From when the gate opens a voice to when FreeSWITCH listens to the leg, by way, and some more: measured 10 and 70."""
HOOK_EVENT: Final = "ouidire::ask"


def hook(folder: Path) -> str:
    """The line for lua.conf.xml by which the gate hears the bridge."""
    made = Tree.Element("hook", event="CUSTOM", subclass=HOOK_EVENT, script=f"{folder}/{GATE}")
    return Tree.tostring(made, encoding="unicode")


def files_of(settings: FreeSwitchSettings, folder: Path) -> Mapping[str, str]:
    """Each file of ours but the sounds, by its path below `folder`, FreeSWITCH's configuration."""
    sounds = f"{folder}/{SOUNDS}"
    return {
        DIALPLAN: _dialplan(settings, folder),
        DIRECTORY: _directory(settings),
        GATE: _gate(settings, folder),
        STOP: _script(
            "stop.lua",
            stops=_stops(),
            sounds=sounds,
            stopped_prompt=PROMPTS[State.WITHDRAWN],
            buffer_ms=BUFFER_MS[settings.transport],
        ),
        REFERENCE: _script("reference.lua", waits=REFERENCE_WAITS, repeats=REFERENCE_REPEATS, sounds=sounds),
        **{
            path: _script(Path(path).name, **filled)
            for path, filled in lines.values(sounds, settings.asked.number_keys).items()
        },
    }


def _dialplan(settings: FreeSwitchSettings, folder: Path) -> str:
    prompts = (PROMPTS[State.ANNOUNCING], *((RECORDED,) if settings.asked.mentions_recording else ()))
    extensions = (
        *lines.numbered(dialogue.asking(settings.notices, tuple(_guards(settings))), str(folder)),
        *outgoing.extensions(),
        dialogue.a_round(),
        *dialogue.languages(settings.notices),
        *dialogue.dialogue(f"{folder}/{SOUNDS}", prompts, f"{folder}/{STOP}", (lines.contest_key(str(folder)),)),
        *lines.extensions(str(folder)),
        Extension("reference", (("lua", f"{folder}/{REFERENCE}"), dialogue.go_to(dialogue.OVER))),
    )
    include = Tree.Element("include")
    context = Tree.SubElement(include, "context", name=CONTEXT)
    context.extend(_element(one) for one in extensions)
    return _text(include)


def _guards(settings: FreeSwitchSettings) -> Iterator[Condition]:
    """Who is asked: a person whose call came in by a trunk, and never on a call for help."""
    # A telephone of staff has said who it is, and one that is called is dialled as a user.
    yield Condition(f"${{user_name}}${{{outgoing.STAFF}}}", "^$")
    trunks = alternatives(settings.asked.trunks)
    # The gateway, else the profile: as the bridge names who is outside, or somebody would be asked and never heard.
    yield Condition("${sofia_profile_name}|${sip_gateway}${sip_gateway_name}", rf"^(({trunks})\||.*\|({trunks}))$")
    if settings.asked.hours:
        yield hours.condition(settings.asked.hours)
    if settings.asked.quota_percent < 100:
        yield Condition("${uuid}", f"^({_below(settings.asked.quota_percent * 256 // 100)})")
    never = alternatives(settings.asked.never_asked)
    dialled = ("${sip_req_user}", f"${{{outgoing.NUMBER}}}")
    for number in (*dialled, "${caller_id_number}"):
        if never:
            yield Condition(number, f"^({never})$", stops=True)
    for number in dialled:
        yield Condition(number, f"^[09]?({alternatives(EMERGENCY)})$", stops=True)


def _below(limit: int) -> str:
    """Two hexadecimal digits below `limit`, as a regular expression: a UUID is drawn by lot (RFC 9562, 5.4)."""
    return "|".join(f"{number:02x}" for number in range(limit))


def _element(extension: Extension) -> Tree.Element:
    made = Tree.Element("extension", name=f"ouidire_{extension.name}")
    conditions = [
        Condition("destination_number", f"^ouidire_{extension.name}$"),
        *extension.conditions,
    ]
    for condition in conditions:
        last = Tree.SubElement(made, "condition", field=condition.field, expression=condition.expression)
        if condition.stops:
            last.set("break", "on-true")
        _act(last, "anti-action", condition.or_else)
    if conditions[-1].stops:
        last = Tree.SubElement(made, "condition")  # without a field it always holds
    _act(last, "action", extension.actions)
    return made


def _act(condition: Tree.Element, kind: str, actions: tuple[tuple[str, str], ...]) -> None:
    for application, data in actions:
        made = Tree.SubElement(condition, kind, application=application)
        if data:
            made.set("data", data)


def _directory(settings: FreeSwitchSettings) -> str:
    """The bridge's user: it hears a few events, asks a few things, and is no telephone."""
    include = Tree.Element("include")
    domain = Tree.SubElement(include, "domain", name=ESL_DOMAIN)
    user = Tree.SubElement(Tree.SubElement(domain, "users"), "user", id=ESL_USER)
    params = Tree.SubElement(user, "params")
    wanted = {
        "esl-password": settings.esl_password,
        "esl-allowed-log": "false",
        "esl-allowed-events": " ".join((*EVENTS, "CUSTOM", *SUBCLASSES)),
        "esl-allowed-api": " ".join(APIS),
        # A user without a password may register a telephone: this one has another password, which nobody knows.
        "password": hashlib.sha256(f"no telephone {settings.esl_password}".encode()).hexdigest(),
        "allow-empty-password": "false",
    }
    for name, value in wanted.items():
        Tree.SubElement(params, "param", name=name, value=value)
    return _text(include)


def _gate(settings: FreeSwitchSettings, folder: Path) -> str:
    asked = settings.asked
    return _script(
        "gate.lua",
        host=asked.bridge_host,
        port=settings.media_port,
        transport=settings.transport,
        profile=settings.tap_profile,
        lease_s=asked.lease_s,
        max_forks=asked.max_forks,
        max_forks_per_call=asked.max_forks_per_call,
        stop_script=f"{folder}/{STOP}",
    )


def _stops() -> str:
    """What the stop keys change, by who pressed and by the answer that stood until then."""
    lines = []
    for who, event in (("caller", Event.CALLER_STOPS), ("agent", Event.AGENT_STOPS)):
        for was, state in ((Answer.ASKED, State.ANNOUNCING), *((one, State(one.value)) for one in _ENDED)):
            answer = TABLE[state][event].answer
            if answer is not None:
                lines.append(f'  ["{who}-{was}"] = "{answer}",')
    return "\n".join(lines)


_ENDED: Final = (Answer.GRANTED, Answer.OBJECTED)


@cache
def _template(name: str) -> str:
    return (files("dialplan") / "freeswitch" / name).read_text(encoding="utf-8")


def _script(name: str, **values: object) -> str:
    return re.sub(r"@\{([a-z_]+)\}", lambda found: str(values[found.group(1)]), _template(name))


def _text(element: Tree.Element) -> str:
    Tree.indent(element)
    return Tree.tostring(element, encoding="unicode") + "\n"
