"""`ouidire settings`: the settings that hold, as a TOML file with its own explanations."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from pydantic import BaseModel

from ari_bridge.cli.command import Command, Exit
from ari_bridge.run.settings import Settings, every_setting, load, sections


def _no_arguments(parser: ArgumentParser) -> None:
    """This command takes none of its own."""


def run(arguments: Namespace) -> Exit:
    """Print every setting with its value. Raises SettingsError."""
    print("\n".join(as_toml(load(arguments.settings))))
    return Exit.OK


def as_toml(settings: Settings) -> Iterator[str]:
    """The lines of a settings file that says the same; a setting without a value is left as a comment."""
    described = list(every_setting())
    for section, model in sections().items():
        yield f"# {model.__doc__}"
        yield f"[{section}]"
        for one in described:
            if one.section != section:
                continue
            value = getattr(getattr(settings, section), one.key)
            yield f"# {one.description}"
            yield f"# {one.key} =" if value is None else f"{one.key} = {_literal(value)}"
        yield ""


def _literal(value: object) -> str:
    """A TOML literal. JSON's strings, numbers and arrays of them are TOML's too."""
    if isinstance(value, BaseModel):
        held = {key: getattr(value, key) for key in type(value).model_fields}
        return _literal({key: one for key, one in held.items() if one is not None})  # TOML has no word for nothing
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_literal(one)}" for key, one in value.items()) + " }"
    if isinstance(value, Path):
        return json.dumps(str(value))
    return json.dumps(value, ensure_ascii=False)


COMMAND = Command(
    "settings",
    "Print the settings that hold (file and environment) as a TOML file with explanations; no password is in it.",
    (
        ("ouidire settings", "what holds now"),
        ("ouidire settings > ouidire.toml", "a first file to edit, before there is one"),
    ),
    _no_arguments,
    run,
)
