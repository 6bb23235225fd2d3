"""The engine's networks with a foreign tone model beside them."""

from datetime import date
from pathlib import Path

import pytest

from analysis.emotion.foreign.host import ForeignHost
from analysis.emotion.foreign.labels import LabelMap
from analysis.emotion.foreign.model import ForeignTone
from analysis.emotion.foreign.order import Order
from analysis.emotion.foreign.trust import TrustedFolder
from analysis.emotion.score import Abstained, Reason, ToneScore, Verdict
from analysis.engine.engine import Engine
from analysis.engine.foreign_host import WithForeign
from analysis.engine.network_host import InBridge, NetworkHost
from analysis.speech.silero import SileroDetector
from consent.grant import Consented
from tests.analysis.emotion.foreign import fake_process
from tests.analysis.engine.test_engine import Ear
from tests.conftest import Callers
from tests.fakes.speech_detector import LoudnessDetector
from tests.fakes.tone_model import RememberingTone

ORDER = Order("speechbrain", TrustedFolder(Path("/srv/model"), {"a.yaml": "ab" * 32}, date(2026, 1, 5)))


def foreign(way: str = "good") -> ForeignTone:
    """A tone model whose process is a stand-in."""
    host = ForeignHost(ORDER, command=fake_process.command(way))
    return ForeignTone("speechbrain:m@abc", host, LabelMap(("ang",), ("ang", "hap")), frozenset({"en"}))


def test_its_loss_is_no_trouble_of_the_engines() -> None:
    """Law: with a foreign model lost, calls are still taken and their facts told; what is told is the networks'."""
    host: NetworkHost = WithForeign(InBridge(), tone := foreign())
    host.start()
    host.look()
    assert tone.trouble
    assert (host.trouble, host.restarts, host.pid, host.last_loss) == ("", 0, None, "")


@pytest.mark.parametrize("way", ["crashes", "rubbish"])
async def test_a_foreign_model_that_fails_costs_its_windows(callers: Callers, way: str) -> None:
    """Law: a crash of a foreign model reaches neither engine nor call: its windows are said to be not measured, no
    tick fails, and the facts of the talk go on.
    """
    ear = Ear(LoudnessDetector(), RememberingTone())
    tone = foreign(way)
    ear.engine = Engine(LoudnessDetector(), tone, ear.verdicts.append, host=WithForeign(InBridge(), tone))
    grants = await callers.says_yes()
    await ear.engine.start()
    try:
        await ear.turns(grants)
        assert {verdict.reason for verdict in ear.said if isinstance(verdict, Abstained)} >= {Reason.ENGINE}
        assert not [verdict for verdict in ear.said if isinstance(verdict, ToneScore)]
        assert ear.engine.facts(grants.caller.call_id) is not None
        assert ear.engine.stats().failed_ticks == 0
        assert ear.engine.stats().trouble == ""
        assert tone.trouble
    finally:
        await ear.engine.stop()


async def test_the_engine_starts_and_ends_it() -> None:
    """Law: the process is there when the engine is warm, and gone when the engine has stopped."""
    said: list[Consented[Verdict]] = []
    tone = foreign()
    engine = Engine(SileroDetector(), tone, said.append, host=WithForeign(InBridge(), tone))
    await engine.start()
    assert tone.trouble == ""
    await engine.stop()
    assert "stopped" in tone.trouble
