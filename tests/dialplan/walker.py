"""Runs the rendered dialogue as far as its keys and jumps go: just enough of Asterisk to walk from state to state."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from consent.states import State

_GOTO_IF = re.compile(r"GotoIf\((?:\$\[(.*)\])\?([^:]*)\)")
_LIMIT = 60


class Heard(NamedTuple):
    """What one Read() brings: its status, and the key ("" where it is # or none)."""

    status: str
    key: str


SILENCE = Heard("TIMEOUT", "")


def steps_of(text: str, context: str) -> dict[str, list[tuple[str, str]]]:
    """{extension: [(label, application with its arguments)]} of one context."""
    body = re.search(rf"^\[{context}\]$(.*?)(?=^\[|\Z)", text, re.MULTILINE | re.DOTALL)
    assert body, context
    found: dict[str, list[tuple[str, str]]] = {}
    name = ""
    for line in body[1].splitlines():
        step = re.sub(r"\s+;.*$", "", line)
        if started := re.match(r"exten => ([^,]+),1,(.*)", step):
            name = started[1]
            found[name] = [("", started[2])]
        elif following := re.match(r" same => n(?:\((\w+)\))?,(.*)", step):
            found[name].append((following[1] or "", following[2]))
    return found


@dataclass(slots=True)
class Walker:
    """One caller. `heard` are the answers of Read(), one after the other; beyond them there is silence."""

    text: str
    heard: Sequence[Heard] = ()
    turns: int = 0
    fails: tuple[str, ...] = ()
    """Prompts that cannot be played."""
    recorded: list[str] = field(default_factory=list)
    played: list[str] = field(default_factory=list)
    stopped: str = ""
    """What the bridge has marked meanwhile."""
    languages: int = 0
    """How often the language was changed."""

    def walk(self, state: State) -> str:
        """From the beginning of a state to the next one, or to the end ("done")."""
        context, answers = steps_of(self.text, "ouidire-consent"), iter(self.heard)
        values = {"turns": str(self.turns), "SHARED(OUIDIRE_STOP)": self.stopped}
        name, at = str(state), 0
        for _ in range(_LIMIT):
            label = self._step(context[name][at][1], values, answers)
            if label is None:
                at += 1
                continue
            target, _, mark = label.partition("#")
            name, at = target or name, 0
            if mark:
                at = next(n for n, (known, _) in enumerate(context[name]) if known == mark)
            elif name in (*State, "done", "reference"):
                return name
        raise AssertionError(f"{state} leads nowhere")

    def _step(self, step: str, values: dict[str, str], answers: Iterator[Heard]) -> str | None:
        """Carry one step out; where it leads: "extension", "#label" or "extension#label"."""
        if found := _GOTO_IF.fullmatch(step):
            return _jump(found[2]) if _is_true(found[1], values) else None
        if step.startswith("Goto("):
            return _jump(step.removeprefix("Goto(").removesuffix(")"))
        if found := re.fullmatch(r"Read\((\w+),.*\)", step):
            values["READSTATUS"], values[found[1]] = next(answers, SILENCE)
        elif found := re.fullmatch(r"Playback\(ouidire/(\w+)\)", step):
            self.played.append(found[1])
            values["PLAYBACKSTATUS"] = "FAILED" if found[1] in self.fails else "SUCCESS"
        elif found := re.fullmatch(r"Gosub\(record,1\((.*)\)\)", step):
            self.recorded.append(found[1])
        elif step.startswith("Gosub(after-${"):
            self.languages += 1
        elif found := re.fullmatch(r"Gosub\(hear,1\(ouidire/(\w+),.*\)\)", step):
            self.played.append(found[1])
        elif step == "Set(LOCAL(turns)=$[${turns}+1])":
            values["turns"] = str(int(values["turns"]) + 1)
        elif step == "Set(OUIDIRE_KEY=)":
            values["OUIDIRE_KEY"] = ""
        else:
            assert step == "Gosub(after-granted,1)", step
        return None


def _jump(target: str) -> str:
    extension, _, place = target.rpartition(",")
    return extension if place == "1" else f"{extension}#{place}"


def _is_true(expression: str, values: dict[str, str]) -> bool:
    filled = re.sub(r"\$\{([\w()]+)\}", lambda found: values[found[1]], expression)
    found = re.fullmatch(r'"?([^"]*?)"?(!=|=|>)"?([^"]*?)"?', filled)
    assert found, filled
    left, sign, right = found.groups()
    return {"=": left == right, "!=": left != right, ">": sign == ">" and int(left) > int(right)}[sign]
