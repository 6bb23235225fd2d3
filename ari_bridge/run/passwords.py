"""The passwords of the PBX's users: a file of their own that nobody but its owner may read."""

from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ari_bridge.run.settings_errors import SettingsError, sentences
from ari_bridge.run.toml_file import read_table

WIDER_THAN_OWNER: Final = 0o077


class Passwords(BaseModel):
    """What `pbx.secrets_file` holds. Never printed: `repr` names no value."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ari_password: str = Field(min_length=1, repr=False, description="Password of pbx.ari_user.")
    ami_password: str = Field(min_length=1, repr=False, description="Password of pbx.ami_user.")
    phones_password: str = Field(min_length=1, repr=False, description="Password of pbx.phones_user.")


def read_passwords(file: Path) -> Passwords:
    """Read them. Raises SettingsError: missing, open to others than its owner, unknown key, or one is lacking."""
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
        return Passwords(**read_table(file))
    except ValidationError as error:
        known = {"": tuple(Passwords.model_fields)}
        raise SettingsError(*(f"{file}: {sentence}" for sentence in sentences(error, known))) from None
