"""The phone families that we can draw for, by the name that settings and addresses use."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ari_bridge.screens import cisco, cisco_cucm, fanvil, grandstream, mitel, poly, snom, unify, yealink
from ari_bridge.screens.document import Family
from ari_bridge.screens.http_ways import by_http

FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        module.FAMILY.name: by_http(module.FAMILY)
        for module in (
            yealink,
            mitel,
            snom,
            cisco,
            cisco_cucm,
            poly,
            fanvil,
            grandstream,
            unify,
        )
    }
)

CODES: Mapping[str, str] = MappingProxyType({family.code: name for name, family in FAMILIES.items()})
"""The family's name by its letter in addresses."""
