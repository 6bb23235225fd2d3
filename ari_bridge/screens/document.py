"""What a phone family makes of a card: a document to fetch, a document to push, and what the family can do. Values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ari_bridge.screens.card import ScoreCard
from ari_bridge.screens.http_push import HttpPush
from consent.errors import InvalidValue, OuidireError


class TooLarge(OuidireError):
    """A document or a piece of it is larger than the phone or the way to it takes; the message says which and how."""


class PushKind(StrEnum):
    """What one SIP NOTIFY brings to a phone of the family."""

    CARD = "card"
    """The whole card."""
    ADDRESS = "address"
    """The address of the card, which the phone fetches."""
    NONE = "none"
    """Nothing: no guide of the family documents a NOTIFY. The phone fetches its card."""


@dataclass(frozen=True, slots=True)
class Document:
    """The answer to a phone's GET: encoded body, content type with its charset, further HTTP headers."""

    body: bytes
    content_type: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NotifyDocument:
    """The parts of a SIP NOTIFY. `content` are the lines of the body, which the PBX joins with CRLF."""

    event: str
    content_type: str
    content: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Capability:
    """What a family can do by its guides. `hardware_tested` is true only after a report from a real phone."""

    push: PushKind
    object_bytes: int
    text_characters: int
    softkeys: int
    encoding: str
    hardware_tested: bool
    needs: str
    """What the administrator has to set on the phone or the PBX for a push to arrive."""


@dataclass(frozen=True, slots=True)
class Family:
    """One phone family: its name in addresses and settings; its renderers, both given the card's own address.

    Raises:
        InvalidValue: it says that it is pushed to and has no renderer for that, or the other way round; its code is no
            single small letter.
    """

    name: str
    code: str
    """The one letter that stands for the family in addresses: in a NOTIFY of 1,200 bytes each letter counts."""
    capability: Capability
    render: Callable[[ScoreCard, str], Document]
    notify: Callable[[ScoreCard, str], NotifyDocument] | None
    """None where nothing is pushed to the family."""
    http: Callable[[ScoreCard, str], HttpPush] | None = None
    """The request that brings the card straight to a phone; None where no guide of the family documents one."""
    picture: Callable[[ScoreCard, str, str], Document] | None = None
    """A screen with an image on it, given the card whose keys it has, the card's own address and the image's; None
    where no guide of the family shows one that is fetched.
    """

    def __post_init__(self) -> None:
        if (self.notify is None) is not (self.capability.push is PushKind.NONE):
            raise InvalidValue(f"the family {self.name} is pushed to with a renderer, or not at all")
        if len(self.code) != 1 or not ("a" <= self.code <= "z"):
            raise InvalidValue(f"the code of the family {self.name} is a small letter")
