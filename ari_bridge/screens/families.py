"""The phone families that we can draw for, by the name that settings and addresses use."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ari_bridge.screens import cisco, fanvil, grandstream, mitel, poly, snom, unify, yealink
from ari_bridge.screens.document import Family

FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        module.FAMILY.name: module.FAMILY
        for module in (
            yealink,
            mitel,
            snom,
            cisco,
            poly,
            fanvil,
            grandstream,
            unify,
        )
    }
)
