"""Laws of the prompts of a language together."""

import pytest

from consent.states import KEY_TIMEOUT_S
from dialplan.prompt_rules import NOTICE_LIMIT_S, longest_s, recording_faults, slower_no
from dialplan.recordings import NAMES, languages, recording
from dialplan.sound import read_wav
from tests.dialplan.made_sounds import wav


def _lengths(language: str) -> dict[str, float]:
    return {name: read_wav(recording(language, name)).length_s for name in NAMES}


@pytest.mark.parametrize("language", languages())
def test_the_first_layer_lasts_at_most_12_s(language: str) -> None:
    """Law: who measures what, why, that a no changes nothing, and the keys are said within 12 seconds."""
    assert NOTICE_LIMIT_S == 12
    assert _lengths(language)["notice"] <= 12


@pytest.mark.parametrize("language", languages())
def test_a_no_never_waits_longer_than_a_yes(language: str) -> None:
    """Law: a no lasts at most 2 s and never longer than a yes; a silence, which waits for a key first,
    ends half a second before the shortest way of a yes. Measured on the recordings.
    """
    lengths = _lengths(language)
    assert lengths["no"] <= 2
    assert lengths["no"] <= lengths["yes"]
    shortest_yes = lengths["yes"] + min(lengths["reference"], lengths["no_reference"])
    assert shortest_yes >= KEY_TIMEOUT_S + lengths["no"] + 0.5


@pytest.mark.parametrize("language", languages())
def test_shipped_prompts_obey_the_rules_for_own_ones(language: str) -> None:
    """Law: what is asked of a site's recordings holds for ours."""
    wavs = {name: recording(language, name) for name in NAMES}
    assert not [*recording_faults(wavs), *slower_no(wavs)]


def test_a_slow_no_is_said() -> None:
    """Law: recordings by which a refusal would cost time are named."""
    lengths = {"yes": 3.0, "no": 1.5, "reference": 4.0, "no_reference": 4.0}
    wavs = {name: wav(seconds) for name, seconds in lengths.items()}
    assert not list(slower_no(wavs))
    assert "no.wav (1.5 s)" in next(slower_no(wavs | {"yes": wav(1.0)}))
    assert "a silence" in next(slower_no(wavs | {"no_reference": wav(1.0)}))
    assert not list(slower_no(wavs | {"yes": b"noise"}))


def test_each_name_has_its_limit() -> None:
    """Law: a notice 12 s, a layer on a key of its own 60 s, a no 2 s, else 25 s; the sentence names the file."""
    assert [longest_s(name) for name in ("notice", "more", "staff_notice", "no", "keys")] == [12, 60, 60, 2, 25]
    assert next(recording_faults({"no": wav(3)})).startswith("no.wav lasts 3.0 s")
