"""What an Asterisk already has that our part must fit in with: codes, users, contexts, switches."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from consent.states import STOP_KEYS
from dialplan.change import Conflict
from dialplan.conf import Conf, Entry, read_conf
from dialplan.layout import Layout
from dialplan.render import AMI_LISTENER, AMI_PUSHER, ARI_USER, CONTEST_KEYS, CONTEXTS, FEATURES, SPOKEN_KEYS

_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_MEANING: Final = {
    STOP_KEYS: "which take a yes back at any moment",
    SPOKEN_KEYS: "by which an agent takes a yes back for the caller",
    CONTEST_KEYS: "by which an agent contests a score",
}
_YES: Final = ("yes", "true", "1", "on", "y", "t")
DISCONNECT_DEFAULT: Final = "*"
"""Asterisk's own code for `disconnect` where features.conf sets none (only for calls dialled with option h or H)."""


@dataclass(frozen=True, slots=True)
class Existing:
    """The admin's configuration, without anything of ours."""

    extensions: Conf
    features: Conf
    ari: Conf
    ami: Conf
    http: Conf
    asterisk: Conf

    @property
    def channelvars(self) -> tuple[str, ...]:
        """The channel variables that ARI already shows."""
        names = self.ari.value("general", "channelvars").split(",")
        return tuple(name.strip() for name in names if name.strip())

    @property
    def sounds_dir(self) -> Path | None:
        """Where Asterisk looks for prompts, as asterisk.conf says; None where it does not say."""
        for entry in reversed(self.asterisk.entries):
            if entry.key == "astdatadir" and entry.section.startswith("directories"):
                return Path(entry.value) / "sounds"
        return None

    def conf_of(self, main: str) -> Conf:
        """The configuration that is read through a main file."""
        named = {"extensions.conf": self.extensions, "features.conf": self.features, "ari.conf": self.ari}
        return (named | {"manager.conf": self.ami, "http.conf": self.http})[main]


def read_existing(asterisk_dir: Path) -> Existing:
    """Read every file that our part touches or depends on."""
    names = ("extensions.conf", "features.conf", "ari.conf", "manager.conf", "http.conf", "asterisk.conf")
    return Existing(*(read_conf(asterisk_dir, name) for name in names))


def is_yes(value: str) -> bool:
    """Whether Asterisk takes the value for true."""
    return value.lower() in _YES


def conflicts(existing: Existing, layout: Layout) -> Iterator[Conflict]:
    """Everything that an install would break or that would break it."""
    yield from _codes(existing.features)
    yield from _taken(existing.ari, (ARI_USER,), "an ARI user")
    yield from _taken(existing.ami, (AMI_LISTENER, AMI_PUSHER), "an AMI user")
    yield from _taken(existing.extensions, CONTEXTS, "a context")
    yield from _switched_off(existing)
    for place in layout.places:
        if place.file != place.main and place.file not in existing.conf_of(place.main).includes:
            yield Conflict(
                place.file,
                f"{place.main} does not include {place.file}, so that Asterisk would not read it: "
                f"let FreePBX write its files anew (fwconsole reload), or add `#include {place.file}` there",
            )


def notes(existing: Existing) -> Iterator[str]:
    """What the admin should know, though an install can go on."""
    for name, conf in (("http.conf", existing.http), ("manager.conf", existing.ami)):
        bound = conf.value("general", "bindaddr")
        if is_yes(conf.value("general", "enabled")) and bound not in _LOOPBACK:
            yield (
                f"{name} listens on {bound or 'every address'}: the users of Ouïdire are let in from this machine "
                "only, and `bindaddr = 127.0.0.1` would be safer"
            )
    if existing.features.last("featuremap", "disconnect") is None:
        yield (
            f"calls dialled with option h or H end at the key {DISCONNECT_DEFAULT}, before {STOP_KEYS} is complete: "
            "there, set `disconnect => **` in [featuremap] of features.conf"
        )


def code_rivals(features: Conf) -> Iterator[tuple[Entry, str]]:
    """Feature codes that are keys of ours, or begin with them, or are their beginning; each once, with our keys."""
    for entry in features.entries:
        if entry.section.lower() not in ("featuremap", "applicationmap"):
            continue
        code = entry.value.split(",")[0].strip()
        taken = [keys for keys in FEATURES.values() if code.startswith(keys) or keys.startswith(code)]
        if code and taken:
            yield entry, taken[0]


def _codes(features: Conf) -> Iterator[Conflict]:
    for entry, keys in code_rivals(features):
        yield Conflict(
            "features.conf",
            f"{entry.file}:{entry.line}: `{entry.key} => {entry.value}` takes the keys {keys}, {_MEANING[keys]}: "
            "give it another code, then install again",
        )
    for name in FEATURES:
        if (other := features.last("applicationmap", name)) is not None:
            yield Conflict("features.conf", f"{other.file}:{other.line}: another feature is called {name}: rename it")


def _taken(conf: Conf, names: tuple[str, ...], what: str) -> Iterator[Conflict]:
    for section in conf.sections:
        if section.name.lower() in names:
            yield Conflict(
                section.name,
                f"{section.file}:{section.line}: [{section.name}] is already {what} there: rename or remove it, "
                "then install again",
            )


def _switched_off(existing: Existing) -> Iterator[Conflict]:
    for name, conf, what in (
        ("http.conf", existing.http, "ARI is served over HTTP"),
        ("manager.conf", existing.ami, "the bridge renews the leases of forks over AMI"),
        ("ari.conf", existing.ari, "the bridge starts forks over ARI"),
    ):
        entry = conf.last("general", "enabled")
        if entry is not None and not is_yes(entry.value):
            yield Conflict(
                name,
                f"{entry.file}:{entry.line}: enabled = {entry.value}, but {what}: set `enabled = yes` and "
                "`bindaddr = 127.0.0.1`, then install again",
            )
