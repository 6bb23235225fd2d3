"""One TOML file as a table, or one sentence about why not."""

import tomllib
from pathlib import Path
from typing import Any

from ari_bridge.run.settings_errors import SettingsError


def read_table(file: Path) -> dict[str, Any]:
    """The top table. Raises SettingsError: the file is missing, unreadable, not UTF-8 or not TOML."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{file} is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file} is not TOML: {error}") from None
