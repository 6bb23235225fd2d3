"""Which of the admin's files hold what: on a plain Asterisk its own files, on FreePBX only the *_custom.conf ones."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class Place:
    """A file that we may write in, and the main file through which Asterisk reads it."""

    file: str
    main: str


@dataclass(frozen=True, slots=True)
class Layout:
    """The places of one kind of PBX."""

    name: str
    contexts: Place
    features: Place
    ari_general: Place
    ari_users: Place
    ami: Place
    http: Place

    @property
    def places(self) -> tuple[Place, ...]:
        """Every place, each once."""
        every = (self.contexts, self.features, self.ari_general, self.ari_users, self.ami, self.http)
        return tuple(dict.fromkeys(every))


PLAIN: Final = Layout(
    name="Asterisk",
    contexts=Place("extensions.conf", "extensions.conf"),
    features=Place("features.conf", "features.conf"),
    ari_general=Place("ari.conf", "ari.conf"),
    ari_users=Place("ari.conf", "ari.conf"),
    ami=Place("manager.conf", "manager.conf"),
    http=Place("http.conf", "http.conf"),
)
FREEPBX: Final = Layout(
    name="FreePBX",
    contexts=Place("extensions_custom.conf", "extensions.conf"),
    features=Place("features_applicationmap_custom.conf", "features.conf"),
    ari_general=Place("ari_general_custom.conf", "ari.conf"),
    ari_users=Place("ari_additional_custom.conf", "ari.conf"),
    ami=Place("manager_custom.conf", "manager.conf"),
    http=Place("http_custom.conf", "http.conf"),
)
"""FreePBX writes its main files anew at each "Apply Config" and keeps these."""

_MARKS: Final = ("extensions_custom.conf", "extensions_additional.conf", "freepbx_chown.conf")
_HEADED: Final = ("extensions.conf", "manager.conf", "ari.conf", "features.conf")


def layout_of(asterisk_dir: Path) -> Layout:
    """FREEPBX where the folder carries its marks, else PLAIN."""
    if any((asterisk_dir / mark).exists() for mark in _MARKS):
        return FREEPBX
    return FREEPBX if any("freepbx" in _head(asterisk_dir / name).lower() for name in _HEADED) else PLAIN


def _head(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return opened.read(4096).decode("utf-8", "replace")
    except OSError:
        return ""
