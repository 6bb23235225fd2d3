"""What is wrong with the settings, in sentences that name the key and its near match."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from pydantic import ValidationError

from ari_bridge.run.refusals import refusal
from consent.errors import OuidireError

Keys = Mapping[str, tuple[str, ...]]
"""The known keys of each section; the section "" where a file has none."""


class SettingsError(OuidireError):
    """The settings cannot be used; one sentence for each reason."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


def sentences(error: ValidationError, keys: Keys) -> Iterator[str]:
    """One sentence for each thing that pydantic refused, with the rule of law where one stands against it.

    The value itself is never repeated: it may be a secret.
    """
    for fault in error.errors(include_url=False, include_context=False):
        path = [str(part) for part in fault["loc"]]
        name = ".".join(path)
        if fault["type"] == "extra_forbidden":
            inner = fault["input"] if isinstance(fault["input"], Mapping) else {}
            yield _unknown([name, *(f"{name}.{key}" for key in inner)], _hint(_near(path, keys)))
        elif fault["type"] == "missing":
            yield f"{name} is missing{_ruled(name)}"
        else:
            message = fault["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
            yield f"{name}: {message}{_ruled(name)}" if name else message


def _ruled(name: str) -> str:
    law = refusal(name)
    return f"; {law}" if law else ""


def _unknown(names: list[str], hint: str) -> str:
    for name in names:
        if law := refusal(name):
            return f"{name} is not a setting and will be none: {law}"
    return f"{names[0]} is not a setting{hint}"


def stray_variables(environ: Mapping[str, str], prefix: str, keys: Keys) -> list[str]:
    """A sentence for each variable that is meant as a setting and that nobody would read.

    Unknown keys of a known section are left to the model; here are the unknown sections, the single underscore where
    two are needed, and what nobody may set.
    """
    strays = []
    for name in sorted(environ):
        if not name.upper().startswith(prefix):
            continue
        section, separator, key = name[len(prefix) :].lower().partition("__")
        if separator and section not in keys:
            meant = [f"{near}.{key}" for near in get_close_matches(section, keys, n=1)]
        else:
            meant = [f"{known}.{one}" for known in keys for one in keys[known] if section == f"{known}_{one}"]
        law = "" if section in keys else refusal(f"{section}.{key}" if separator else section)
        if law:
            strays.append(f"{name} is not a setting and will be none: {law}")
        elif meant or (separator and section not in keys):
            hint = _hint(prefix + meant[0].replace(".", "__").upper()) if meant else ""
            strays.append(f"{name} is not a setting{hint}")
    return strays


def _hint(meant: str | None) -> str:
    return f"; did you mean {meant}?" if meant else ""


def _near(path: list[str], keys: Keys) -> str | None:
    """What was probably meant: a word like it in the same section, else the same word in another section."""
    *above, last = path
    known = keys.get(".".join(above), ()) or (() if above else tuple(keys))
    if match := get_close_matches(last, known, n=1):
        return ".".join([*above, match[0]])
    return next((f"{section}.{last}" for section, names in keys.items() if section and last in names), None)
