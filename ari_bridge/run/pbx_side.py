"""What the PBX's side must know of the settings: the one translation that `install` and `doctor` both use."""

import os
from pathlib import Path

from ari_bridge.run.notices import notices
from ari_bridge.run.settings import Settings
from ari_bridge.run.settings_errors import SettingsError
from consent.errors import InvalidValue, KeysMissing
from consent.keys import FILES, KEYRING, make_keys, read_keys
from dialplan.render import NoticeLine, RenderSettings


def render_settings(settings: Settings) -> RenderSettings:
    """What the dialplan is rendered from; without keys for numbers where the site's cannot be read.

    Raises:
        SettingsError: a language without prompts, or a value that no dialplan can carry.
    """
    try:
        return RenderSettings(
            notices=tuple(NoticeLine(notice.language, notice.notice_id) for notice in notices(settings)),
            bridge_host=settings.media.host,
            lease_s=settings.media.lease_s,
            max_forks=settings.media.max_forks,
            trunks=settings.parties.trunks,
            never_asked=settings.asking.never_asked,
            quota_percent=settings.asking.quota_percent,
            hours=settings.asking.hours,
            number_keys=_number_keys(settings.keys.folder),
            mentions_recording=settings.notice.mentions_recording,
            audiosocket_port=settings.media.audiosocket_port if settings.media.transport == "audiosocket" else None,
        )
    except InvalidValue as error:
        raise SettingsError(str(error)) from error


def prepare_keys(settings: Settings) -> tuple[Path, ...]:
    """Make the keys of a site that never had any; the files that were made, owned as the passwords' folder is.

    Where one of several is missing it was lost, and nothing is made in its place.

    Raises:
        SettingsError: a key was lost or cannot be read, or the folder cannot be made.
    """
    folder, like = settings.keys.folder, _nearest(settings.pbx.secrets_file)
    try:
        if not any((folder / name).exists() for name in (*FILES, KEYRING)):
            is_new = not folder.exists()
            made = tuple(folder / name for name in make_keys(folder))
            owner = (like if is_new else folder).stat()
            if (owner.st_uid, owner.st_gid) != (os.geteuid(), os.getegid()):
                for path in (*made, folder):
                    os.chown(path, owner.st_uid, owner.st_gid)
            return made
        read_keys(folder)
    except KeysMissing as error:
        raise SettingsError(f"keys.folder: {error}") from error
    except OSError as error:
        raise SettingsError(f"keys.folder: {folder} cannot be prepared: {error.strerror}") from error
    return ()


def _number_keys(folder: Path) -> tuple[tuple[str, str], ...]:
    try:
        return tuple((key.inner, key.outer) for key in read_keys(folder).numbers)
    except KeysMissing:  # told by doctor and by the dialplan, which asks nobody then
        return ()


def _nearest(path: Path) -> Path:
    return next(folder for folder in path.absolute().parents if folder.is_dir())
