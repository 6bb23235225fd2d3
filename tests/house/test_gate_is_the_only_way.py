"""On FreeSWITCH a voice is opened by the gate's own script, and by no word that our Python sends."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.places import ROOT, sources

OPENERS = ("uuid_audio_stream", "originate", "eavesdrop", "uuid_setvar", "sendmsg")
OF_ASTERISK = {
    Path("ari_bridge/cli/checks/pbx.py"): {"originate"},
    Path("ari_bridge/run/sections.py"): {"eavesdrop"},
}
"""Sent to no FreeSWITCH: doctor looks whether an AMI user may originate, and a setting is described."""
NAMED = {Path("ari_bridge/cli/checks/event_socket.py"): {"uuid_setvar"}}
"""What doctor asks for, to see that it is refused."""


def said(source: Path) -> Iterator[str]:
    """Every string of a file that is no docstring."""
    tree = ast.parse((ROOT / source).read_text(encoding="utf-8"))
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


OURS = [one for one in sources() if one.parts[0] == "ari_bridge" and one.name != "capabilities.py"]


@pytest.mark.parametrize("source", OURS, ids=str)
def test_no_python_of_ours_opens_a_voice(source: Path) -> None:
    """Law: the bridge asks the gate by an event; no string of it holds a command that opens a voice, changes a call's
    variable or runs an application, so that none can be sent by mistake.
    """
    found = {word for text in said(source) for word in OPENERS if word in text.lower()}
    assert found <= OF_ASTERISK.get(source, set()) | NAMED.get(source, set())


def test_the_event_socket_knows_no_other_command() -> None:
    """Law: what is written to the socket are logins, questions, subscriptions and events."""
    text = (ROOT / "ari_bridge/pbx/freeswitch/esl_client.py").read_text(encoding="utf-8")
    calls = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "command"
    ]
    first = {ast.unparse(call.args[0]) for call in calls}
    assert first == {"'api'", "*words"}
    assert "'userauth'" in ast.unparse(ast.parse(text))
