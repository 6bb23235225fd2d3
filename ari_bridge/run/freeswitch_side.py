"""What FreeSWITCH's side must know of the settings: the one translation that `install` and `doctor` both use."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from ari_bridge.run.notices import recordings_of
from ari_bridge.run.pbx_side import render_settings
from ari_bridge.run.settings import Settings
from ari_bridge.run.settings_errors import SettingsError
from consent.errors import InvalidValue
from dialplan.freeswitch.choices import FreeSwitchSettings
from dialplan.freeswitch.render import files_of, hook
from dialplan.freeswitch.side import MODULES, STREAM_MODULE, Side

_NO_PASSWORD_YET: Final = "x" * 16


def side_of(settings: Settings, folder: Path) -> Side:
    """Everything of ours at the FreeSWITCH whose configuration is `folder`.

    Raises:
        SettingsError: a language without prompts, or a choice that FreeSWITCH has no way for.
    """
    folder, chosen = folder.absolute(), freeswitch_settings(settings)

    def texts(esl_password: str) -> Mapping[str, str]:
        return files_of(replace(chosen, esl_password=esl_password), folder)

    return Side(
        texts=texts,
        hook=hook(folder),
        languages=tuple(notice.language for notice in chosen.notices),
        modules=(*MODULES, STREAM_MODULE) if chosen.transport == "websocket" else MODULES,
        prompts=recordings_of(settings),
    )


def freeswitch_settings(settings: Settings) -> FreeSwitchSettings:
    """What its files are rendered from, but for the password. Raises SettingsError as `side_of` does."""
    asked, media = render_settings(settings), settings.media
    try:
        if media.transport == "tap":
            return FreeSwitchSettings(asked, _NO_PASSWORD_YET, media.tap_port, "tap", media.tap_profile)
        return FreeSwitchSettings(asked, _NO_PASSWORD_YET, media_port=media.websocket_port)
    except InvalidValue as error:
        raise SettingsError(str(error)) from error
