"""The transport of voices is the one that was chosen."""

import socket
from contextlib import AsyncExitStack

import pytest

from ari_bridge.media.tap_place import TapPlace
from ari_bridge.media.tcp_receiver import AudioSocketPlace
from ari_bridge.media.udp_receiver import RtpPlace
from ari_bridge.media.websocket_place import WebSocketPlace
from ari_bridge.run.media_place import open_place
from ari_bridge.run.sections import MediaSection
from ari_bridge.run.settings_errors import SettingsError


def chosen(port: int) -> MediaSection:
    return MediaSection(transport="audiosocket", audiosocket_port=port)


async def test_rtp_is_the_default_and_listens_nowhere_yet() -> None:
    """Law: without a word of the settings voices come by RTP, each to a port that is bound for it alone."""
    async with AsyncExitStack() as stack:
        place = await open_place(MediaSection(first_port=46000, last_port=46200), stack)
        assert isinstance(place, RtpPlace)
        assert (place.ports.first, place.ports.last) == (46000, 46200)
        (ear := await place.open(lambda _: None)).close()
        assert 46000 <= int(ear.target) <= 46200


async def test_audiosocket_listens_until_the_service_ends() -> None:
    """Law: the port of the settings is listened on, and free again afterwards."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    async with AsyncExitStack() as stack:
        place = await open_place(chosen(port), stack)
        assert isinstance(place, AudioSocketPlace)
        assert place.port == port
    with socket.socket() as one:
        one.bind(("127.0.0.1", port))


async def test_websockets_are_listened_to_until_the_service_ends() -> None:
    """Law: the port of the settings is listened on, and free again once the place was closed, which is waited for."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    async with AsyncExitStack() as stack:
        place = await open_place(MediaSection(transport="websocket", websocket_port=port), stack)
        assert isinstance(place, WebSocketPlace)
        assert place.port == port
    with socket.socket() as one:
        one.bind(("127.0.0.1", port))


@pytest.mark.parametrize("transport", ["audiosocket", "websocket"])
async def test_a_port_of_another_program_is_a_sentence(transport: str) -> None:
    """Law: it is said at the start, with the setting's name, and not with the first call."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        async with AsyncExitStack() as stack:
            media = MediaSection.model_validate({"transport": transport, f"{transport}_port": one.getsockname()[1]})
            with pytest.raises(SettingsError, match=rf"media\.{transport}_port: .*in use"):
                await open_place(media, stack)


async def test_a_tap_is_listened_for_until_the_service_ends() -> None:
    """Law: the tap's UDP port is the setting's, voices come to the ports for RTP, another program's port is a
    sentence, and afterwards it is free.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        media = MediaSection(transport="tap", tap_port=one.getsockname()[1], first_port=46000, last_port=46200)
        async with AsyncExitStack() as stack:
            with pytest.raises(SettingsError, match=r"media\.tap_port: .*in use"):
                await open_place(media, stack)
    async with AsyncExitStack() as stack:
        place = await open_place(media, stack)
        assert isinstance(place, TapPlace)
        assert place.own.port == media.tap_port
        assert 46000 <= (await place.open(lambda _: None)).port <= 46200
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", media.tap_port))
