"""The passwords of the PBX's users: a file of their own that nobody but its owner may read."""

from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ari_bridge.run.settings_errors import SettingsError, sentences
from ari_bridge.run.toml_file import read_table

WIDER_THAN_OWNER: Final = 0o077
_Secrets = TypeVar("_Secrets", bound=BaseModel)


class Passwords(BaseModel):
    """What `pbx.secrets_file` holds. Never printed: `repr` names no value."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ari_password: str = Field(min_length=1, repr=False, description="Password of pbx.ari_user.")
    ami_password: str = Field(min_length=1, repr=False, description="Password of pbx.ami_user.")
    phones_password: str = Field(min_length=1, repr=False, description="Password of pbx.phones_user.")


class EslPassword(BaseModel):
    """What `pbx.secrets_file` holds where the PBX is a FreeSWITCH. Never printed: `repr` names no value."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    esl_password: str = Field(min_length=1, repr=False, description="Password of our user of the event socket.")


def read_passwords(file: Path) -> Passwords:
    """Read them. Raises SettingsError: missing, open to others than its owner, unknown key, or one is lacking."""
    return _read(file, Passwords)


def read_esl_password(file: Path) -> str:
    """Read it. Raises SettingsError as `read_passwords` does."""
    return _read(file, EslPassword).esl_password


def _read(file: Path, kind: type[_Secrets]) -> _Secrets:
    try:
        mode = file.stat().st_mode & 0o777
    except OSError as error:
        raise SettingsError(
            f"the secrets file {file} cannot be read ({error.strerror}): `ouidire install` makes it, "
            "and pbx.secrets_file says where it is"
        ) from None
    if mode & WIDER_THAN_OWNER:
        raise SettingsError(f"{file} has mode {mode:04o}, so others may read it: chmod 600 {file}")
    try:
        return kind(**read_table(file))
    except ValidationError as error:
        known = {"": tuple(kind.model_fields)}
        raise SettingsError(*(f"{file}: {sentence}" for sentence in sentences(error, known))) from None
