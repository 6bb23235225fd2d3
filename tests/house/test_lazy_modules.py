"""The plugin that keeps one package's stand-ins from ending the run of all tests."""

import sys
from types import ModuleType

from tests.house.lazy_modules import unloaded


def test_only_stand_ins_are_found_and_none_is_touched() -> None:
    """Law: a stand-in that fails on any attribute is found by its class alone; a true module is never named."""

    def refuse(self: ModuleType, name: str) -> object:
        raise ImportError(f"Lazy import failed: {name}")

    lazy = type("LazyModule", (ModuleType,), {"__module__": "speechbrain.utils.importutils", "__getattr__": refuse})
    heir = type("DeprecatedModuleRedirect", (lazy,), {"__module__": "speechbrain.utils.importutils"})
    modules = {"a": lazy("a"), "b": heir("b"), "sys": sys}
    assert unloaded(modules) == ["a", "b"]
