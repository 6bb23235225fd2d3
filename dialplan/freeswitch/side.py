"""What an install gives FreeSWITCH: texts, the hook, prompts; and where each lies below its configuration folder."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from consent.errors import InvalidValue
from dialplan import recordings
from dialplan.conf import OWN_FOLDER
from dialplan.freeswitch.lines import NUMBERS
from dialplan.freeswitch.render import DIALPLAN, DIRECTORY, GATE, SOUNDS
from dialplan.own_files import SHIPPED

MAIN_FILE: Final = "freeswitch.xml"
SECRETS: Final = (GATE, NUMBERS, DIRECTORY)
"""The files that hold a password or a key: closed to all but FreeSWITCH."""
SHARED_FOLDERS: Final = (DIALPLAN, DIRECTORY)
"""Our files in folders that are not ours alone."""
MODULES: Final = (
    "mod_commands",
    "mod_db",
    "mod_dialplan_xml",
    "mod_dptools",
    "mod_event_socket",
    "mod_hash",
    "mod_lua",
    "mod_sndfile",
)
"""Without any of them the dialogue, the gate or the bridge does not work. Their XML names them so."""
STREAM_MODULE: Final = "mod_audio_stream"
"""Needed where legs come by WebSocket; a module of others, which FreeSWITCH does not bring."""


@dataclass(frozen=True, slots=True)
class Side:
    """Everything of ours at FreeSWITCH.

    Raises:
        InvalidValue: no language.
    """

    texts: Callable[[str], Mapping[str, str]]
    """The text of each file by its path below the configuration folder; it is given the password of our ESL user."""
    hook: str
    """The element for lua.conf.xml."""
    languages: tuple[str, ...]
    modules: tuple[str, ...] = MODULES
    prompts: recordings.Recordings = SHIPPED

    def __post_init__(self) -> None:
        if not self.languages:
            raise InvalidValue("a FreeSWITCH needs prompts in one language at least")

    def files(self, esl_password: str) -> dict[str, bytes]:
        """The bytes of each text file, by its path below the configuration folder.

        Raises:
            InvalidValue: a file would lie elsewhere than where ours may lie.
        """
        texts = self.texts(esl_password)
        if strange := [name for name in texts if not is_own_text(name)]:
            raise InvalidValue(f"{', '.join(strange)}: no file of ours lies there")
        return {name: text.encode() for name, text in texts.items()}


def is_own_text(name: str) -> bool:
    """Whether a path below the configuration folder is one of our text files."""
    return name in SHARED_FOLDERS or PurePosixPath(name).parent == PurePosixPath(OWN_FOLDER)


def is_own_prompt(name: str) -> bool:
    """Whether a path below the configuration folder is one of our recordings."""
    path = PurePosixPath(name)
    return (
        len(path.parts) == 4
        and path.parent.parent == PurePosixPath(SOUNDS)
        and path.suffix == ".wav"
        and path.stem in recordings.NAMES
    )


def prompt_file(folder: Path, language: str, name: str) -> Path:
    """Where a prompt lies."""
    return folder / SOUNDS / language / f"{name}.wav"
