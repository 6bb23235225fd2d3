"""What an install may choose on FreeSWITCH: values that are valid at birth, so that nothing foreign is rendered."""

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Final, Literal

from consent.errors import InvalidValue
from dialplan.choices import NoticeLine, RenderSettings

NOT_HERE: Final = "cannot be had on FreeSWITCH yet (docs/pbx-differences.md)"
_WORD: Final = r"[A-Za-z0-9_-]{16,128}"


@dataclass(frozen=True, slots=True)
class FreeSwitchSettings:
    """`asked` is what Asterisk's install takes too. `media_port` is where the bridge takes voices: WebSocket
    connections with `transport` "websocket", SIP with "tap", whose calls leave by the profile `tap_profile`.

    Raises:
        InvalidValue: a port or password that cannot be, or a choice that this PBX has no way for.
    """

    asked: RenderSettings
    esl_password: str = field(repr=False)
    media_port: int = 8099
    transport: Literal["websocket", "tap"] = "websocket"
    tap_profile: str = "internal"

    def __post_init__(self) -> None:
        if not 1024 <= self.media_port <= 65535:
            raise InvalidValue(f"media_port must lie between 1024 and 65535, not {self.media_port}")
        if not re.fullmatch(_WORD, self.esl_password):
            raise InvalidValue("esl_password must be 16 to 128 letters, digits, - and _")
        if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", self.tap_profile):
            raise InvalidValue(f"not the name of a SIP profile: {self.tap_profile!r}")
        if not ipaddress.IPv4Address(self.asked.bridge_host).is_loopback:
            raise InvalidValue(f"a bridge that is not on the PBX's own machine {NOT_HERE}: a voice would go in clear")

    @property
    def notices(self) -> tuple[NoticeLine, ...]:
        """The languages of the question, the first for callers of any other."""
        return self.asked.notices
