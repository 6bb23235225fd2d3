"""A service that nobody calls, to read the figures of."""

from types import SimpleNamespace
from typing import Any, cast

from analysis.emotion.drift import Drift
from analysis.engine.engine import Engine
from ari_bridge.calls.board import Board
from ari_bridge.calls.tally import Tally
from ari_bridge.run.metrics import Figures, Watched
from ari_bridge.screens.push import PushStats
from ari_bridge.web.app import Readiness
from tests.fakes.models import SteadyTone
from tests.fakes.speech_detector import LoudnessDetector

READY = Readiness(True, {"pbx": "ok", "engine": "ok", "database": "ok", "keyring": "ok"})


def idle(readiness: Readiness = READY, drift: Drift | None = None) -> Watched:
    """All at rest."""
    store = SimpleNamespace(trouble="", waiting=0)
    rooms = SimpleNamespace(
        engine=Engine(LoudnessDetector(), SteadyTone(), lambda verdict: None),
        tally=Tally(),
        board=Board(),
        ledger=SimpleNamespace(database=store, keyring=store),
    )
    switchboard = SimpleNamespace(sessions=tuple, is_connected=True)
    lines = SimpleNamespace(failures=0)
    return Watched(
        cast(Any, rooms),
        cast(Any, switchboard),
        cast(Any, lines),
        lambda: PushStats(0, 0, 0, 0),
        lambda: readiness,
        lambda: drift,
    )


def families() -> dict[str, tuple[str, str, str]]:
    """Every family of ours by the name that a scrape shows: its kind, its label ("" for none), its help."""
    found = {}
    for family in Figures(idle()).collect():
        labels = {name for sample in family.samples for name in sample.labels} - {"le"}
        name = f"{family.name}_total" if family.type == "counter" else family.name
        found[name] = (family.type, ", ".join(labels), family.documentation)
    return found


def series() -> set[str]:
    """Every name that an expression may use."""
    return {sample.name for family in Figures(idle()).collect() for sample in family.samples}
