"""The generated passwords: kept from one install to the next, and written for the PBX and for the bridge."""

import re
import secrets
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dialplan.conf import OWN_FOLDER, read_conf
from dialplan.render import AMI_LISTENER, AMI_PUSHER, ARI_USER

SECRETS_HEADER: Final = b"# Written by `ouidire install`."
"""How the bridge's copy begins: an uninstall removes no other file of passwords."""
_BYTES: Final = 24
"""192 bits: no guess, and the 32 signs of it need no quoting in any of the files."""
_PLAIN_WORD: Final = re.compile(r"[A-Za-z0-9_-]{16,128}")


@dataclass(frozen=True, slots=True)
class Passwords:
    """One for each identity of the bridge at the PBX; never printed."""

    ari: str = field(repr=False)
    ami: str = field(repr=False)
    phones: str = field(repr=False)


def read_passwords(asterisk_dir: Path, secrets_file: Path) -> Passwords:
    """Those that the PBX has already, else those that the bridge has, else new ones."""
    own = asterisk_dir / OWN_FOLDER
    ari, manager, bridge = read_conf(own, "ari.conf"), read_conf(own, "manager.conf"), _bridge(secrets_file)
    return Passwords(
        ari=ari.value(ARI_USER, "password") or bridge.get("ari_password", "") or _new(),
        ami=manager.value(AMI_LISTENER, "secret") or bridge.get("ami_password", "") or _new(),
        phones=manager.value(AMI_PUSHER, "secret") or bridge.get("phones_password", "") or _new(),
    )


def secrets_toml(passwords: Passwords) -> bytes:
    """The bridge's copy, as its settings read it."""
    lines = (
        " Whoever reads this can steer the PBX: mode 0600.",
        f'ari_password = "{passwords.ari}"',
        f'ami_password = "{passwords.ami}"',
        f'phones_password = "{passwords.phones}"\n',
    )
    return SECRETS_HEADER + "\n".join(lines).encode()


def esl_password(at_pbx: str | None, secrets_file: Path) -> str:
    """The password of our user at FreeSWITCH: `at_pbx` where that is one of ours, else the bridge's, else a new one."""
    known = (at_pbx or "", bridge_esl_password(secrets_file))
    return next((one for one in known if _PLAIN_WORD.fullmatch(one)), "") or _new()


def bridge_esl_password(secrets_file: Path) -> str:
    """The bridge's copy of it; "" where it has none, or where we may not look."""
    return _bridge(secrets_file).get("esl_password", "")


def esl_secrets_toml(password: str) -> bytes:
    """The bridge's copy of it, as its settings read it."""
    lines = (" Whoever reads this can listen at the PBX: mode 0600.", f'esl_password = "{password}"\n')
    return SECRETS_HEADER + "\n".join(lines).encode()


def other_passwords(secrets_file: Path) -> tuple[str, ...]:
    """What else the bridge's copy holds: the passwords of an Asterisk, which an install for FreeSWITCH would lose."""
    return tuple(name for name in _bridge(secrets_file) if name != "esl_password")


def _new() -> str:
    return secrets.token_urlsafe(_BYTES)


def _bridge(secrets_file: Path) -> dict[str, str]:
    try:
        table = tomllib.loads(secrets_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # missing or not ours: new passwords take its place
        return {}
    return {key: value for key, value in table.items() if isinstance(value, str)}
