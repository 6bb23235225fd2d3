"""Where legs' sound arrives, as the settings choose it."""

from __future__ import annotations

from contextlib import AsyncExitStack

from ari_bridge.media.ear import MediaPlace
from ari_bridge.media.ports import PortRange
from ari_bridge.media.tap_place import TapPlace
from ari_bridge.media.tcp_receiver import AudioSocketPlace
from ari_bridge.media.udp_receiver import RtpPlace
from ari_bridge.run.sections import MediaSection
from ari_bridge.run.settings_errors import SettingsError


async def open_place(media: MediaSection, stack: AsyncExitStack) -> MediaPlace:
    """RTP ports that are bound leg by leg, or one port of another way that is listened on until `stack` closes.

    Raises:
        SettingsError: that port cannot be listened on.
    """
    ports = PortRange(media.first_port, media.last_port)
    if media.transport == "rtp":
        return RtpPlace(media.host, ports, media.pbx_host)
    if media.transport == "tap":
        try:
            tap = await TapPlace.listen(media.host, media.tap_port, ports, media.pbx_host)
        except OSError as error:
            raise SettingsError(
                f"media.tap_port: {media.host}:{media.tap_port} cannot be listened on: {error.strerror}"
            ) from error
        stack.callback(tap.close)
        return tap
    try:
        place = await AudioSocketPlace.listen(
            media.host, media.audiosocket_port, media.pbx_host, media.audiosocket_rate_hz
        )
    except OSError as error:
        raise SettingsError(
            f"media.audiosocket_port: {media.host}:{media.audiosocket_port} cannot be listened on: {error.strerror}"
        ) from error
    stack.callback(place.close)
    return place
