"""How the screens of the families look: size, colours, size of letters. After the makers' own pictures, no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

Colour = tuple[int, int, int]

_INK: Final[Colour] = (28, 32, 38)
_WHITE: Final[Colour] = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Look:
    """One family's screen: a model that has it, pixels, letters, colours, and how many softkeys stand below it.

    `scale` is how many pixels of the picture are one of the phone's: small screens are drawn larger.
    """

    model: str
    width_px: int
    height_px: int
    letter_px: int
    scale: int
    paper: Colour
    ink: Colour
    bar: Colour
    bar_ink: Colour
    softkeys: int


LOOKS: Final[Mapping[str, Look]] = MappingProxyType(
    {
        "yealink": Look("SIP-T46", 480, 272, 17, 1, (236, 241, 246), _INK, (20, 92, 128), _WHITE, 4),
        "mitel": Look("6867i", 320, 240, 14, 1, (240, 242, 245), _INK, (18, 62, 110), _WHITE, 4),
        "snom": Look("D735", 320, 240, 14, 1, (250, 250, 250), _INK, (60, 64, 72), _WHITE, 4),
        "cisco": Look("8841", 560, 300, 19, 1, (18, 24, 34), (238, 242, 246), (6, 94, 130), _WHITE, 4),
        "cisco-cucm": Look("7962G", 320, 222, 14, 1, (206, 212, 204), (24, 30, 28), (24, 30, 28), (206, 212, 204), 4),
        "poly": Look("VVX 411", 320, 240, 14, 1, (24, 28, 36), (236, 238, 242), (70, 76, 90), _WHITE, 4),
        "fanvil": Look("X6U", 480, 272, 17, 1, (244, 246, 250), _INK, (30, 110, 170), _WHITE, 4),
        "grandstream": Look(
            "GXP2110", 240, 120, 11, 2, (196, 208, 196), (24, 34, 30), (24, 34, 30), (196, 208, 196), 4
        ),
        "unify": Look("OpenStage 60", 320, 240, 14, 1, (232, 240, 248), _INK, (0, 88, 136), _WHITE, 4),
    }
)

PLAIN: Final = Look("a screen", 320, 240, 14, 1, _WHITE, _INK, (80, 80, 80), _WHITE, 4)
"""For a family whose look nobody drew yet."""
