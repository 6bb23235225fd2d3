"""Where legs' sound arrives, as the settings choose it."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Final

from ari_bridge.media.ear import MediaPlace
from ari_bridge.media.ports import PortRange
from ari_bridge.media.tap_place import TapPlace
from ari_bridge.media.tcp_receiver import AudioSocketPlace
from ari_bridge.media.udp_receiver import RtpPlace
from ari_bridge.media.websocket_place import WebSocketPlace
from ari_bridge.run.sections import MediaSection
from ari_bridge.run.settings_errors import SettingsError


async def open_place(media: MediaSection, stack: AsyncExitStack) -> MediaPlace:
    """RTP ports that are bound leg by leg, or one port of another way that is listened on until `stack` closes.

    Raises:
        SettingsError: that port cannot be listened on.
    """
    if media.transport == "rtp":
        return RtpPlace(media.host, _ports(media), media.pbx_host)
    try:
        return await _LISTENED_TO[media.transport](media, stack)
    except OSError as error:
        key = f"{media.transport}_port"
        raise SettingsError(
            f"media.{key}: {media.host}:{getattr(media, key)} cannot be listened on: {error.strerror}"
        ) from error


async def _audiosocket(media: MediaSection, stack: AsyncExitStack) -> MediaPlace:
    place = await AudioSocketPlace.listen(media.host, media.audiosocket_port, media.pbx_host, media.audiosocket_rate_hz)
    stack.callback(place.close)
    return place


async def _websocket(media: MediaSection, stack: AsyncExitStack) -> MediaPlace:
    place = await WebSocketPlace.listen(media.host, media.websocket_port, media.pbx_host)
    stack.push_async_callback(place.close)
    return place


async def _tap(media: MediaSection, stack: AsyncExitStack) -> MediaPlace:
    place = await TapPlace.listen(media.host, media.tap_port, _ports(media), media.pbx_host)
    stack.callback(place.close)
    return place


def _ports(media: MediaSection) -> PortRange:
    return PortRange(media.first_port, media.last_port)


_LISTENED_TO: Final = {"audiosocket": _audiosocket, "websocket": _websocket, "tap": _tap}
