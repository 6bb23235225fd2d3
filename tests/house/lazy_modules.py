"""A plugin of pytest: take SpeechBrain's unloaded lazy modules out of the way before hypothesis looks at every module.

SpeechBrain leaves stand-ins for optional packages in `sys.modules`; hypothesis asks each module for its `__file__`, and
a stand-in answers by importing a package that is not installed, which ends the whole run (ImportError, not
AttributeError). Nothing is lost: SpeechBrain makes a stand-in anew where it is imported again.
"""

import sys
from types import ModuleType

import pytest


def unloaded(modules: dict[str, ModuleType]) -> list[str]:
    """The names of lazy modules, told by their class so that none of them is touched."""
    return [
        name
        for name, module in modules.items()
        if any(
            kind.__name__ == "LazyModule" and kind.__module__.startswith("speechbrain.")
            for kind in type(module).__mro__
        )
    ]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems() -> None:
    """Before hypothesis' own hook of this name."""
    for name in unloaded(sys.modules):
        del sys.modules[name]
