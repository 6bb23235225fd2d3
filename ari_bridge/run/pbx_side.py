"""What the PBX's side must know of the settings: the one translation that `install` and `doctor` both use."""

from ari_bridge.run.notices import notices
from ari_bridge.run.settings import Settings
from dialplan.render import NoticeLine, RenderSettings


def render_settings(settings: Settings) -> RenderSettings:
    """What the dialplan is rendered from. Raises SettingsError for a language without prompts."""
    return RenderSettings(
        notices=tuple(NoticeLine(notice.language, notice.notice_id) for notice in notices(settings)),
        bridge_host=settings.media.host,
        lease_s=settings.media.lease_s,
        max_forks=settings.media.max_forks,
    )
