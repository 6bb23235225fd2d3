"""The benchmark of bad lines: that its faults are what their names say, and that the clean run is one."""

import numpy as np
import pytest

from ari_bridge.media.rtp import parse
from benchmarks.faults import BEGINS_S, CLEAN, FAULTS, _packets, effect, key, measure
from consent.parties import Party

LENGTH_S = 32.0
PCM = np.arange(round(LENGTH_S * 16_000)).astype(np.int16)
SENT = 1_600


def came(name: str, party: Party = Party.CALLER) -> list[tuple[float, int, int]]:
    """When each packet came, its number and its SSRC, under a fault."""
    told = ((at_s, parse(data)) for at_s, _, data in _packets(PCM, FAULTS[name], 1, party))
    return [(at_s, packet.sequence, packet.ssrc) for at_s, packet in told]


def test_a_clean_line_brings_everything_in_order() -> None:
    """Law: what is compared with lost nothing, and nothing of it came late."""
    assert [number for _, number, _ in came(CLEAN)] == list(range(SENT))


@pytest.mark.parametrize(("name", "share"), [("loss 1 %", 0.01), ("loss 5 %", 0.05), ("loss 20 %", 0.2)])
def test_losses_are_as_many_as_they_say(name: str, share: float) -> None:
    """Law: about that share is missing of what was sent while the fault lasted, and nothing before or after it."""
    struck = round((LENGTH_S - 2 * BEGINS_S) / 0.02)
    missing = set(range(SENT)) - {number for _, number, _ in came(name)}
    assert abs(len(missing) - share * struck) < 4 * (share * struck) ** 0.5
    assert min(missing) >= BEGINS_S / 0.02 - 1
    assert max(missing) < (LENGTH_S - BEGINS_S) / 0.02


@pytest.mark.parametrize("name", ["jitter 60 ms", "reordering", "duplicates"])
def test_disorder_loses_nothing(name: str) -> None:
    """Law: what only comes otherwise comes."""
    numbers = [number for _, number, _ in came(name)]
    assert set(numbers) == set(range(SENT))
    assert numbers != list(range(SENT))
    assert (len(numbers) > SENT) == (name == "duplicates")


def test_an_outage_is_the_callers_alone_and_lasts_two_seconds() -> None:
    """Law: two seconds of one leg are missing; with a new source the numbers do not go on."""
    assert len(came("outage 2 s", Party.AGENT)) == SENT
    assert SENT - len(came("outage 2 s")) == pytest.approx(100, abs=1)
    assert {ssrc for _, _, ssrc in came("outage 2 s")} == {7}
    assert len({ssrc for _, _, ssrc in came("outage, new SSRC")}) == 2


async def test_the_clean_run_agrees_with_itself() -> None:
    """Law: the comparison finds nothing where nothing differs, and something in every leg that lost packets."""
    outcomes = await measure(1, 32.0)
    same = effect(outcomes[CLEAN], outcomes[CLEAN])
    assert (same.agreement, same.unheard, same.talk_share) == (100.0, 0.0, 0.0)
    assert same.lag_max_ms <= 100
    assert effect(outcomes[CLEAN], outcomes["duplicates"]).agreement == 100.0
    assert effect(outcomes[CLEAN], outcomes["loss 20 %"]).unheard == pytest.approx(20, abs=6)


def test_keys_are_words() -> None:
    """Law: a figure's key is made of its fault's name."""
    assert [key(name) for name in FAULTS][:2] == ["clean", "loss_1"]
    assert all(key(name).replace("_", "").isalnum() for name in FAULTS)
