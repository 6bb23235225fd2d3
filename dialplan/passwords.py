"""The three generated passwords: kept from one install to the next, and written for the PBX and for the bridge."""

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


def _new() -> str:
    return secrets.token_urlsafe(_BYTES)


def _bridge(secrets_file: Path) -> dict[str, str]:
    try:
        table = tomllib.loads(secrets_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # missing or not ours: new passwords take its place
        return {}
    return {key: value for key, value in table.items() if isinstance(value, str)}
